"""A laboratory's own cells: matched by path, counted once each, told with intervals over its patients."""

import subprocess
import sys
from pathlib import Path

import pytest
from cardmaker import CALIBRATED
from casemaker import answer, judged

from leukolens import Case
from leukolens.base.errors import CaseError, DatasetError
from leukolens.measure.own_cells import measure_own, told


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Patient A: 6 cells, the first 3 truly blasts, one of them missed; B: 4 normal cells, one refused."""
    inputs = []
    for number, p_all in enumerate((0.99, 0.97, 0.2, 0.01, 0.02, 0.4)):
        verdict = "ALL" if p_all > 0.9 else "HEM" if p_all < 0.1 else "uncertain"
        inputs.append(
            judged(f"a{number}.bmp", answer(p_all=p_all, verdict=verdict), patient="A", sha256=f"{number:064}")
        )
    inputs += [
        judged(f"b{number}.bmp", answer(p_all=0.03, verdict="HEM"), patient="B", sha256=f"{10 + number:064}")
        for number in range(3)
    ]
    inputs.append(judged("b3.bmp", answer(p_all=None, verdict="refused", reason="is grey"), patient="B"))
    with Case.create(tmp_path / "day.case") as opened:
        opened.use(CALIBRATED)
        opened.add(inputs)
    return tmp_path / "day.case"


TRUTH = """path;label
a0.bmp;ALL
a1.bmp;blast
a2.bmp;all
a3.bmp;HEM
a4.bmp;0
b0.bmp;normal
b1.bmp;hem
b2.bmp;HEM
b3.bmp;HEM
x.bmp;ALL
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "truth.csv"
    path.write_text(text)
    return path


def test_counts_and_metrics_are_of_the_judged_cells_with_a_truth(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Case.open(case) as opened:
        own = measure_own(opened, write(tmp_path, TRUTH))
    assert (own.blasts, own.normal, own.not_judged, own.without_truth, own.subjects) == (3, 5, 1, 1, 2)
    assert own.metrics["auroc"].value == 1
    assert own.metrics["specificity"].value == 1
    assert (own.firm, own.wrong) == (7, 0)
    assert [(one.patient, one.cells, one.truth) for one in own.patients] == [("A", 5, 0.6), ("B", 3, 0.0)]
    text = told(own)
    assert "8 judged cells: 3 ALL, 5 HEM; 95 % intervals over 2 patients" in text
    assert "A: truly 60% of 5 cells. Blasts among the 5 judged lymphoid cells: " in text
    assert "Fewer than 20 cells of a class" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "path,label\nelsewhere/a0.bmp,ALL\n",
            "names no judged file of the case. Write the paths as in the case's table",
        ),
        ("path,label\na0.bmp,ALL\n", "labels ALL cells only"),
        ("path,label\na0.bmp,monocyte\n", r"labels a0.bmp 'monocyte'. Write ALL or HEM"),
        ("path,label\na0.bmp,ALL\na0.bmp,HEM\n", "gives two labels for a0.bmp"),
        ("file,label\na0.bmp,ALL\n", "lacks the columns path and label"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with Case.open(case) as opened, pytest.raises(DatasetError, match=said) as caught:
        measure_own(opened, write(tmp_path, text))
    assert "truth.csv" in str(caught.value)


def test_an_empty_case_says_how_to_fill_it(tmp_path: Path) -> None:
    with Case.create(tmp_path / "new.case") as case, pytest.raises(CaseError, match="leukolens predict"):
        measure_own(case, write(tmp_path, TRUTH))


def test_the_command_needs_no_extra(case: Path, tmp_path: Path) -> None:
    write(tmp_path, TRUTH)
    code = (
        "import sys\nfor name in ('torch', 'sklearn', 'scipy', 'matplotlib'): sys.modules[name] = None\n"
        "from leukolens.cli import main\nmain(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "evaluate", "--case", str(case), "--truth", "truth.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sensitivity" in done.stdout


@pytest.mark.parametrize("options", [["--case", "x"], ["--truth", "x"], [], ["run", "--case", "x", "--truth", "y"]])
def test_a_run_and_a_case_are_two_things(options: list[str]) -> None:
    command = [sys.executable, "-m", "leukolens", "evaluate", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Give RUN, or --case and --truth." in done.stderr
