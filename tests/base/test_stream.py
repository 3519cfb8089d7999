"""Answers come in the order of the questions, early, and never many questions ahead of them."""

import threading
import time
from collections.abc import Iterator

import pytest

from leukolens.base.stream import LEAD, batched, cores, in_order


def test_answers_stand_in_the_order_of_the_questions() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.02 if number % 4 == 0 else 0)
        return number * number

    assert list(in_order(slow_first, range(40), threads=4)) == [number * number for number in range(40)]
    assert list(in_order(slow_first, [], threads=4)) == []


def test_the_work_is_done_on_several_threads_at_once() -> None:
    meeting = threading.Barrier(3, timeout=10)  # broken unless three are at work together

    def meet(number: int) -> int:
        if number >= 3:  # the first questions come one by one
            meeting.wait()
        return number

    assert list(in_order(meet, range(12), threads=3)) == list(range(12))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_few_questions_are_taken_ahead_however_many_there_are(threads: int) -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    answers = in_order(lambda number: number, endless(), threads=threads)
    assert next(answers) == 1
    assert taken == 1
    ahead = 0
    for _ in range(100):
        ahead = max(ahead, taken - next(answers) + 1)
    assert ahead <= LEAD * threads
    answers.close()  # type: ignore[attr-defined]


def test_an_error_comes_where_its_answer_would_have() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    answers = in_order(work, range(6), threads=2)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(answers)


def test_who_stops_listening_leaves_no_thread() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        done.append(number)
        return number

    answers = in_order(work, range(10_000), threads=2)
    for _ in range(10):
        next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("leukolens")]
    assert len(done) <= 10 + 2 * LEAD


@pytest.mark.parametrize(("number", "sizes"), [(0, []), (3, [3]), (4, [4]), (9, [4, 4, 1])])
def test_batches_hold_all_in_order(number: int, sizes: list[int]) -> None:
    found = list(batched(iter(range(number)), 4))
    assert [len(batch) for batch in found] == sizes
    assert [item for batch in found for item in batch] == list(range(number))


def test_there_is_a_core() -> None:
    assert cores() >= 1
