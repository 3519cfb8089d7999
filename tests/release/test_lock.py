"""The lock files, the SBOM and the SOUP page say the same, and no file names a package index."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-train.lock")


def pinned(name: str) -> dict[str, str]:
    """Name → version of each line of a lock or of constraints.txt."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\\n]+)", text, re.M)
    return {re.sub(r"[-_.]+", "-", one).lower(): version for one, version in found}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_has_hashes_and_the_version_that_the_tests_ran_with(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for part in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", part), part
    tested = pinned("constraints.txt")
    here = pinned(name)
    assert {one: version for one, version in here.items() if tested.get(one, version) != version} == {}
    assert here["numpy"] == tested["numpy"]


@pytest.mark.parametrize(
    ("name", "extras"), [(LOCKS[0], ("review", "fields", "slides", "postgres")), (LOCKS[1], ("train", "export"))]
)
def test_a_lock_holds_all_that_the_package_asks_for(name: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for one in extras for line in project["optional-dependencies"][one])]
    asked = {re.split(r"[ ;<>=!~\[(]", line)[0].replace("_", "-").lower() for line in lines} - {"leukolens"}
    assert asked - set(pinned(name)) == set()


@pytest.mark.parametrize("name", [*LOCKS, "constraints.txt", "sbom.cdx.json", "docs/reference/soup.md"])
def test_no_file_names_an_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"index-url|find-links|files\.pythonhosted|/simple", text)


def test_the_sbom_and_the_page_list_the_lock() -> None:
    bom = json.loads((ROOT / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert {one["name"]: one["version"] for one in bom["components"]} == pinned("requirements.lock")
    assert bom["metadata"]["component"]["name"] == "leukolens"
    known = {one["bom-ref"] for one in bom["components"]} | {"leukolens"}
    assert all(set(one.get("dependsOn", [])) <= known for one in bom["dependencies"])
    page = (ROOT / "docs/reference/soup.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w.-]+) \| ([\w.+-]+) \|", page, re.M)
    assert {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in rows if name != "library"} == pinned(
        "requirements.lock"
    )


def test_the_sbom_is_valid_cyclonedx() -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="needs the extra dev")
    schema = pytest.importorskip("cyclonedx.schema", reason="needs the extra dev")
    text = (ROOT / "sbom.cdx.json").read_text(encoding="utf-8")
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text) is None
