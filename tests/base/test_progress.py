"""Long work tells how far it is: plain lines in a log, a bar on a terminal, never anything on stdout."""

import io
import os
import select
import subprocess
import sys
import termios
import time

import pytest

from leukolens.base.progress import PLAIN_EVERY, track


class Clock:
    """Stands in for time.monotonic; a test sets the second."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A terminal that keeps all it was sent."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(time, "monotonic", found)
    return found


def test_a_plain_line_tells_done_total_rate_and_time_left(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with track("reading cells", 120, unit="cells", every=10) as advance:
        clock.now += 10
        advance(20)
        clock.now += 10
        advance(40)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "reading cells: 20/120, 2 cells/s, 50 s left\nreading cells: 60/120, 3 cells/s, 20 s left\n"


def test_between_the_lines_it_is_silent_but_counts(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with track("judging", 40, unit="images") as advance:
        for _ in range(29):
            clock.now += 1
            advance(1)
    assert PLAIN_EVERY == 15
    assert capsys.readouterr().err == "judging: 15/40, 1 images/s, 25 s left\n"


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with track("reading", 2, unit="cells") as advance:
        advance(1)
        advance(1)
    assert capsys.readouterr() == ("", "")


def test_the_last_line_has_nothing_left(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with track("drawing", 4, unit="cells", every=0) as advance:
        clock.now += 2
        advance(4)
    assert capsys.readouterr().err == "drawing: 4/4, 2 cells/s, 0 s left\n"


def test_no_time_gone_is_no_division_by_zero(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with track("drawing", 4, unit="cells", every=0) as advance:
        advance(1)
    assert capsys.readouterr().err.startswith("drawing: 1/4, ")
    assert clock.now == 100


def pseudo_terminal() -> tuple[int, int]:
    """Its two ends, 24 lines of 100 characters; a new one has no size, and a bar no room."""
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    return leader, follower


def drained(leader: int) -> str:
    """All that a terminal was sent; one read gives but a part."""
    shown = b""
    while select.select([leader], [], [], 0.2)[0]:
        shown += os.read(leader, 65_536)
    return shown.decode()


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = pseudo_terminal()
    monkeypatch.setenv("TERM", "xterm")
    try:
        with os.fdopen(follower, "w") as terminal, monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", terminal)
            with track("reading cells", 4, unit="cells", every=0) as advance:
                time.sleep(0.2)  # tqdm shows at most ten looks a second
                advance(1)
                time.sleep(0.2)
                advance(3)
            terminal.flush()
            shown = drained(leader)
    finally:
        os.close(leader)
    assert "reading cells" in shown
    assert "4/4" in shown
    assert "s left" not in shown


SPEAKING = """
from leukolens.base.progress import track
with track("judging", 3, unit="images") as advance:
    for number in range(3):
        print("row", number, "x" * 100)
        advance(1)
"""


def test_stdout_stays_stdout_beside_a_bar() -> None:
    """`leukolens predict cells > verdicts.txt` at a terminal."""
    leader, follower = pseudo_terminal()
    try:
        environment = {**os.environ, "TERM": "xterm"}
        done = subprocess.run(
            [sys.executable, "-c", SPEAKING], stdout=subprocess.PIPE, stderr=follower, env=environment, check=True
        )
    finally:
        os.close(follower)
        os.close(leader)
    assert done.stdout.decode().splitlines() == [f"row {number} {'x' * 100}" for number in range(3)]


BESIDE = """
import sys
from leukolens.base.progress import track
with track("judging", 3, unit="images") as advance:
    for number in range(3):
        print("row", number, "is long" * number)
        print("reason", number, file=sys.stderr)
        advance(1)
"""


def screen(sent: str) -> list[str]:
    """What a terminal shows in the end: what follows a carriage return replaces what stood there."""
    lines: list[str] = []
    for line in sent.replace("\r\n", "\n").replace("\x1b[A", "").split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_lines_stand_above_the_bar_and_the_bar_goes() -> None:
    leader, follower = pseudo_terminal()
    try:
        environment = {**os.environ, "TERM": "xterm"}
        subprocess.run([sys.executable, "-c", BESIDE], stdout=follower, stderr=follower, env=environment, check=True)
        sent = drained(leader)
    finally:
        os.close(follower)
        os.close(leader)
    assert [line for line in screen(sent) if line] == [
        "row 0",
        "reason 0",
        "row 1 is long",
        "reason 1",
        "row 2 is longis long",
        "reason 2",
    ]
    assert "0/3" in sent


def test_stdout_and_stderr_are_themselves_again_after_the_bar() -> None:
    terminal = Terminal()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stderr", terminal)
        with track("judging", 1, unit="images") as advance:
            assert sys.stderr is not terminal
            advance(1)
        assert sys.stderr is terminal
