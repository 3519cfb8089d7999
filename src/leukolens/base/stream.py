"""Work on several threads whose answers come in the order of the questions, with a bounded number under way.

Threads, not processes: what takes the time here (Pillow's decoding and resizing, SHA-256, the model) lets go of
Python's lock.
"""

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

LEAD = 2
"""Questions taken ahead of the answers, for each thread: one at work and one that waits for it."""


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(work: Callable[[Question], Answer], questions: Iterable[Question], *, threads: int) -> Iterator[Answer]:
    """Yield work(question) for each, in order; an exception of `work` comes where its answer would have.

    At most LEAD × threads questions are taken ahead of the answers: memory does not grow with their number. The first
    answer comes before a second question is taken, then the lead doubles.
    """
    waiting: deque[Future[Answer]] = deque()
    lead = 1
    pool = ThreadPoolExecutor(threads, thread_name_prefix="leukolens")
    try:
        for question in questions:
            waiting.append(pool.submit(work, question))
            if len(waiting) >= lead:
                yield waiting.popleft().result()
                lead = min(2 * lead, LEAD * threads)
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def batched(items: Iterable[Question], size: int) -> Iterator[tuple[Question, ...]]:
    """`size` at a time, the last one shorter; itertools has it from Python 3.12."""
    waiting = iter(items)
    while batch := tuple(itertools.islice(waiting, size)):
        yield batch
