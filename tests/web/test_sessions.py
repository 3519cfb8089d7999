"""Sessions end on time, tokens cannot be planted, and a lock counts only what failed of late."""

from pathlib import Path

import pytest

from leukolens.web.sessions import Lockout, Sessions
from leukolens.web.settings import ReviewSettings

SETTINGS = ReviewSettings(hosts=frozenset(), uploads=Path("none"), idle=10, longest=100, failures=3, lock=60)


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_using_a_session_keeps_it_and_leaving_it_ends_it(clock: Clock) -> None:
    sessions = Sessions(SETTINGS, clock=clock)
    token, session = sessions.begin("Anna", "reader")
    for _ in range(9):
        clock.now += 10
        assert sessions.find(token) is session
    clock.now += 10.1
    assert sessions.find(token) is None


def test_a_day_s_work_is_the_longest(clock: Clock) -> None:
    sessions = Sessions(SETTINGS, clock=clock)
    token, _ = sessions.begin("Anna", "reader")
    for _ in range(11):
        clock.now += 9.1
        found = sessions.find(token)
    assert clock.now > 1100
    assert found is None


def test_tokens_are_made_here_differ_and_are_not_kept() -> None:
    sessions = Sessions(SETTINGS)
    (first, one), (second, other) = (sessions.begin("Anna", "reader") for _ in range(2))
    assert len({first, second, one.csrf, other.csrf}) == 4
    assert sessions.find("planted") is None
    assert first not in str(vars(sessions))
    sessions.end(first)
    assert sessions.find(first) is None
    assert sessions.find(second) is other
    sessions.end("never begun")


def test_what_has_ended_is_forgotten_at_the_next_entry(clock: Clock) -> None:
    sessions = Sessions(SETTINGS, clock=clock)
    for _ in range(5):
        sessions.begin("Anna", "reader")
    clock.now += 11
    sessions.begin("Bert", "reader")
    assert len(sessions._known) == 1


def test_a_lock_holds_for_name_or_address_and_then_opens(clock: Clock) -> None:
    lockout = Lockout(SETTINGS, clock=clock)
    for _ in range(3):
        assert not lockout.locked("name Anna")
        lockout.failed("name Anna", "address 1")
    assert lockout.locked("name Anna", "address 2")
    assert lockout.locked("name Bert", "address 1")
    assert not lockout.locked("name Bert", "address 2")
    clock.now += 61
    assert not lockout.locked("name Anna", "address 1")
    assert lockout._failed == {}  # what is over is forgotten when it is asked for


def test_a_right_password_forgets_the_wrong_ones(clock: Clock) -> None:
    lockout = Lockout(SETTINGS, clock=clock)
    for _ in range(2):
        lockout.failed("name Anna")
    lockout.forget("name Anna", "name nobody")
    lockout.failed("name Anna")
    assert not lockout.locked("name Anna")
