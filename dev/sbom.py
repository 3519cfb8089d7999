"""requirements.lock → sbom.cdx.json (CycloneDX 1.6, which the wheel carries) and docs/reference/soup.md.

    python dev/sbom.py

Licences and who asks for whom are read from the installed packages, which are the lock's versions (constraints.txt).
The lock itself, for a laboratory's install and for training, is made by

    uv pip compile pyproject.toml --extra review --extra fields --extra slides --extra postgres --universal \
        --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -c constraints.txt \
        -o requirements.lock
    (and with --extra train --extra export alone: -o requirements-train.lock)
"""

import re
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[1]
LOCK, SBOM, SOUP = ROOT / "requirements.lock", ROOT / "sbom.cdx.json", ROOT / "docs/reference/soup.md"
EXTRAS = ("review", "fields", "slides", "postgres")
"""With which the lock was made: a laboratory's install."""
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: ; ([^\\]+))?", re.M)


@dataclass(frozen=True, kw_only=True)
class Library:
    """One line of the lock."""

    name: str
    version: str
    marker: str
    """Where it is needed, as 'sys_platform == "win32"'; '' everywhere."""
    hashes: tuple[str, ...]
    """SHA-256 of its files."""
    licence: str
    asks_for: tuple[str, ...]
    """Names in the lock."""


def libraries(lock: str) -> list[Library]:
    """Every library of a lock, in its order."""
    found = list(_PINNED.finditer(lock))
    names = {plain(match[1]) for match in found}
    ends = [match.start() for match in found[1:]] + [len(lock)]
    return [
        Library(
            name=match[1],
            version=match[2],
            marker=(match[3] or "").strip(),
            hashes=tuple(re.findall(r"sha256:([0-9a-f]{64})", lock[match.start() : end])),
            licence=licence_of(match[1]),
            asks_for=tuple(sorted(asked(match[1]) & names)),
        )
        for match, end in zip(found, ends, strict=True)
    ]


def plain(name: str) -> str:
    """PEP 503's spelling of a name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(name: str) -> str:
    """As its metadata tell it: an SPDX expression, wherever it stands, a classifier, or the first line of a text."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return "not installed here"
    classifiers = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier", []) if one.startswith("License ::")]
    text = (told.get("License") or "").strip().partition("\n")[0]
    expression = text if re.fullmatch(r"[A-Za-z0-9.-]+( (OR|AND) [A-Za-z0-9.-]+)+", text) else ""
    return told.get("License-Expression") or expression or " and ".join(classifiers) or text[:60] or "not told"


def asked(name: str) -> set[str]:
    """Names that a package asks for, extras and markers left aside."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return set()
    return {plain(re.split(r"[ ;<>=!~\[(]", line)[0]) for line in lines if "extra ==" not in line}


def direct(project: Mapping[str, Any]) -> set[str]:
    """Names that pyproject.toml asks for, with the lock's extras."""
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    return {plain(re.split(r"[ ;<>=!~\[(]", line)[0]) for line in lines}


def sbom(found: list[Library], *, version: str, own_names: set[str]) -> str:
    """CycloneDX JSON, the same for the same lock: no time, and a serial number from what it holds."""
    bom = Bom()
    own = Component(
        name="leukolens",
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref="leukolens",
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
    )
    bom.metadata.component = own
    components: Mapping[str, Component] = {
        plain(one.name): Component(
            name=one.name,
            version=one.version,
            type=ComponentType.LIBRARY,
            bom_ref=f"{plain(one.name)}@{one.version}",
            purl=PackageURL("pypi", name=plain(one.name), version=one.version),
            licenses=[LicenseFactory().make_from_string(one.licence)],
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in one.hashes],
        )
        for one in found
    }
    for one in found:
        bom.components.add(components[plain(one.name)])
        bom.register_dependency(components[plain(one.name)], [components[name] for name in one.asks_for])
    bom.register_dependency(own, [components[name] for name in sorted(own_names)])
    told = " ".join(f"{one.name}=={one.version}" for one in found)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, f"leukolens {version} {told}")
    bom.metadata.timestamp = None  # type: ignore[assignment]
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def soup(found: list[Library], *, own_names: set[str]) -> str:
    """The page: software of unknown provenance, in the words of IEC 62304."""
    askers = {
        plain(one.name): ["LeukoLens"] * (plain(one.name) in own_names)
        + [other.name for other in found if plain(one.name) in other.asks_for]
        for one in found
    }
    rows = [
        f"| {one.name} | {one.version} | {one.licence.replace('|', '/')} | {', '.join(askers[plain(one.name)])} | "
        f"{one.marker.replace('|', '/') or 'everywhere'} |"
        for one in found
    ]
    head = """# Software of unknown provenance (SOUP)

Written by `python dev/sbom.py` from `requirements.lock`: everything that a laboratory's install brings, with the
extras `review`, `fields`, `slides` and `postgres`. What each is for, and why it and not another:
[dependencies](../dependencies.md). The same list, with the SHA-256 of every file, travels in the wheel as a CycloneDX
SBOM (`leukolens-*.dist-info/sboms/`).

LeukoLens is for research and is not a medical device. Whoever makes it part of one will need this list (IEC 62304,
8.1.2), and must add the known anomalies of each version from its maker's list at the time of release. Python itself
(3.11 to 3.14, PSF licence) and the operating system belong to it too.

| library | version | licence | asked for by | where |
|---|---|---|---|---|
"""
    return head + "\n".join(rows) + "\n"


def main() -> None:
    found = libraries(LOCK.read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = direct(project)
    SBOM.write_text(sbom(found, version=project["version"], own_names=names), encoding="utf-8")
    SOUP.write_text(soup(found, own_names=names), encoding="utf-8")


if __name__ == "__main__":
    main()
