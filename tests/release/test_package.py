"""sdist and wheel: built, checked, installed into an empty environment, and the README's three lines run there.

What needs a package index is skipped with the reason where pip reaches none.
"""

import json
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: object, cwd: Path, timeout: float = 110) -> subprocess.CompletedProcess[str]:
    texts = list(map(str, command))
    return subprocess.run(texts, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)


def readme_lines() -> Sequence[str]:
    """The commands of the README's first block."""
    (block, *_) = re.findall(r"^```\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    return [line.partition("#")[0].strip() for line in block.splitlines()]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel, made from the sdist, and the sdist."""
    pytest.importorskip("build", reason="needs the extra dev")
    out = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_the_package_passes_twine_and_holds_what_it_should(dist: Path) -> None:
    done = run(sys.executable, "-m", "twine", "check", "--strict", *sorted(dist.iterdir()), cwd=dist)
    assert done.returncode == 0, done.stdout
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        (place,) = [name for name in names if name.endswith(".dist-info/sboms/sbom.cdx.json")]
        assert json.loads(file.read(place))["bomFormat"] == "CycloneDX"
    for part in ("model/shipped/leukolens.onnx", "model/shipped/leukolens-int8.onnx", "cases/migrations/env.py"):
        assert f"leukolens/{part}" in names
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name]
    with tarfile.open(sdist) as tar:
        inside = {name.partition("/")[2] for name in tar.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "requirements.lock", "sbom.cdx.json"} <= inside
    assert not [name for name in inside if name.startswith((".hypothesis", "results/"))]


@pytest.mark.slow
def test_the_readmes_three_lines_run_in_an_empty_environment(dist: Path, tmp_path: Path) -> None:
    first, *rest = readme_lines()
    assert first == "pip install ."
    assert [line.split()[0] for line in rest] == ["leukolens", "leukolens"]
    venv.create(tmp_path / "venv", with_pip=True)
    bin_ = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    (wheel,) = dist.glob("*.whl")
    pinned = ("--quiet", "--constraint", ROOT / "constraints.txt")
    try:
        done = run(bin_ / "python", "-m", "pip", "install", *pinned, wheel, cwd=tmp_path)
    except subprocess.TimeoutExpired:
        pytest.skip("pip has not ended within 110 s")
    if done.returncode and re.search(r"No matching distribution|Temporary failure|Max retries|timed out", done.stderr):
        pytest.skip("pip reaches no package index here")
    assert done.returncode == 0, done.stderr
    for line in rest:
        name, *arguments = line.split()
        done = run(bin_ / name, *arguments, cwd=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
    assert (tmp_path / "cells.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    done = run(bin_ / "leukolens", "train", "cells", "--out", "x", cwd=tmp_path)
    assert done.returncode == 1
    assert "pip install 'leukolens[train]'" in done.stderr
