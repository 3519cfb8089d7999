"""The steps of docker/ without an engine: what they copy is there, what they call exists, no registry is named."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from leukolens.cli.review import review

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
FILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture
def composed() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_what_is_copied_is_there_and_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.+)$", FILE, re.MULTILINE):
        *sources, _ = [part for part in line.split() if not part.startswith("--")]
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in kept, source


def test_the_extras_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", FILE)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_no_registry_is_named_and_nothing_runs_as_root(composed: dict[str, Any]) -> None:
    images = re.findall(r"^FROM (\S+)", FILE, re.MULTILINE)
    images += [one["image"] for one in composed["services"].values() if "image" in one]
    assert all("/" not in image and ":" in image for image in images)
    assert FILE.index("\nUSER leukolens") < FILE.index("\nENTRYPOINT")
    bench = composed["services"]["bench"]
    assert bench["cap_drop"] == ["ALL"]
    assert bench["read_only"] is True


def test_the_bench_takes_its_options_and_every_secret_is_declared(composed: dict[str, Any]) -> None:
    bench = composed["services"]["bench"]
    command = [
        part.replace("${NAME:?say how browsers call the server}", "review.example.org") for part in bench["command"]
    ]
    given = review.make_context("review", command).params
    assert given["names"] == ("review.example.org",)
    assert [path.name for path in given["tls"]] == ["cert", "key"]
    assert (given["host"], given["port"]) == ("0.0.0.0", 8443)
    assert f"EXPOSE {given['port']}" in FILE
    used = {name for one in composed["services"].values() for name in one.get("secrets", [])}
    assert used == set(composed["secrets"])
    assert {name.partition(":")[0] for one in composed["services"].values() for name in one["volumes"]} == set(
        composed["volumes"]
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["--port=1"], "review --no-browser --port=1"),
        (["readers", "list"], "readers list"),
        (["check", "x"], "check x"),
    ],
)
def test_the_start_script_hands_the_password_to_the_bench_alone(
    tmp_path: Path, arguments: list[str], called: str
) -> None:
    script = tmp_path / "leukolens"
    script.write_text('#!/bin/sh\necho "$PGPASSWORD|$*"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "password").write_text("secret\n")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DATABASE_PASSWORD_FILE": str(tmp_path / "password")}
    start = [str(DOCKER / "start.sh"), *arguments]
    done = subprocess.run(start, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"secret|{called}\n"
    assert "secret" not in called
