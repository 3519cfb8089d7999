"""The health check of a container judges a cell, and says what is wrong when it cannot."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from leukolens.cli.health import problem

ROOT = Path(__file__).parents[2]


def test_a_good_installation_judges_a_generated_cell() -> None:
    assert problem() == ""


def test_a_model_that_is_gone_is_named(tmp_path: Path) -> None:
    code = (
        "import leukolens.model.network_file as f, pathlib, leukolens.predict.classifier as c\n"
        f"c.Classifier.__init__.__defaults__ = (pathlib.Path({str(tmp_path / 'gone.onnx')!r}),)\n"
        "import leukolens.cli.health as h; h.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "gone.onnx: does not exist" in done.stderr


def test_the_containers_check_is_this_one_and_its_files_are_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (check,) = re.findall(r"CMD \[(.*health.*)\]", text)
    assert shlex.split(check.replace(",", " ")) == ["python", "-m", "leukolens.cli.health"]
    assert "USER leukolens" in text
    assert (ROOT / "requirements.lock").is_file()
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    assert all(f"!{name}" in kept for name in ("dist/*.whl", "requirements.lock", "wheels"))


@pytest.mark.parametrize("name", ["requirements.lock"])
def test_the_lock_has_what_the_base_install_asks_for(name: str) -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=~\[]", line)[0].lower() for line in project["dependencies"]}
    pinned = set(re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / name).read_text(encoding="utf-8").lower(), re.M))
    assert names <= pinned
