"""kill -9 at random moments, then --resume: the rows of an undisturbed run. `dev/kill_case.py` does it at length.

Here each kill falls at a moment of the database's own work, drawn from a seed: before, within or after a statement, so
that few files and seconds reach what matters.
"""

import json
import sys
from pathlib import Path

import pytest
from command import leukolens, python

from leukolens import Case
from leukolens.cases.check import check

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

DYING = """
import json, os, random, signal, sqlite3, sys
import leukolens.cases.store, leukolens.predict.classifier, leukolens.report.export
from leukolens.cases import fill
from leukolens.cli import main

fill.EVERY, fill.AT_ONCE = 0.0, 3
real = sqlite3.connect
left = 0  # steps to live; 0: for ever

def step(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0

def connect(*given, **named):
    connection = real(*given, **named)
    connection.set_progress_handler(step, 100)  # every 100 steps within any statement
    connection.set_trace_callback(step)  # and before each
    return connection

def run(lives, options):
    # a process of its own that has all libraries loaded already; its signal or exit code
    global left
    child = os.fork()
    if not child:
        left = lives
        sys.stdout = sys.stderr = open(os.devnull, "w")
        try:
            main(["predict", *options])
        except SystemExit as stopped:
            os._exit(stopped.code)
        os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

sqlite3.connect = sqlite3.dbapi2.connect = connect
folder, *arguments = sys.argv[1:]
drawn = random.Random(0)
codes = []
for number in range(25):
    options = [*arguments, "--case", f"{folder}/{number}.case", "--csv", f"{folder}/{number}.csv"]
    codes.append((run(drawn.randint(1, 130), options), run(0, [*options, "--resume"])))
print(json.dumps(codes))
"""


def rows(case: Path) -> list[dict[str, object]]:
    with Case.open(case) as opened:
        assert check(opened).findings == ()
        return [{**vars(row), "judged_at": ""} for row in opened.rows()]


def untimed(table: Path) -> list[str]:
    return [line.rpartition(",")[0] for line in table.read_text().splitlines()]


def test_a_run_killed_at_25_moments_ends_in_the_same_rows(folder: Path, model: Path, tmp_path: Path) -> None:
    options = (folder, "--model", model, "--threads", "2")
    assert leukolens("predict", *options, "--case", tmp_path / "whole.case", "--csv", tmp_path / "whole.csv") == 3
    done = python(DYING, tmp_path, *options, timeout=600)
    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stdout)
    assert {resumed for _, resumed in codes} == {3}
    assert {code for code, _ in codes} <= {-9, 3}
    assert sum(code == -9 for code, _ in codes) > 20
    for number in range(25):
        assert rows(tmp_path / f"{number}.case") == rows(tmp_path / "whole.case")
        assert untimed(tmp_path / f"{number}.csv") == untimed(tmp_path / "whole.csv")
