"""`leukolens compare` shows the differences and writes them as JSON, to a file or to standard output."""

import json
from pathlib import Path

import pytest
from command import leukolens
from comparemaker import written


def test_the_command_shows_it_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = written(tmp_path / "a", skill=1.0, noise=1), written(tmp_path / "b", skill=1.6, noise=2)
    assert leukolens("compare", first, second, "--json", tmp_path / "out.json") == 0
    out, err = capsys.readouterr()
    (line,) = [line for line in out.splitlines() if line.split()[:1] == ["auroc"]]
    assert line.endswith("*")
    assert "320 cells of 8 ALL and 8 HEM subjects" in err
    assert json.loads((tmp_path / "out.json").read_text())["cells"] == 320
    assert leukolens("compare", first, second, "--json", tmp_path / "out.json") == 1
    assert "exists already" in capsys.readouterr().err
    assert leukolens("compare", first, second, "--json", tmp_path / "out.json", "--force") == 0
    capsys.readouterr()
    assert leukolens("compare", first, second, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["first"] == "000000000001"
