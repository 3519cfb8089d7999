"""Where data stand on this machine: also as version 0.1 wrote it."""

from pathlib import Path

from leukolens.research.data.places import Place, recall, remember


def test_a_place_of_an_older_version_is_a_folder(tmp_path: Path, cache: Path) -> None:
    remember("c" * 64, tmp_path)
    (cache / "places" / ("c" * 64)).write_text(str(tmp_path))
    assert recall("c" * 64) == Place(folder=str(tmp_path))


def test_a_garbled_place_is_none(tmp_path: Path, cache: Path) -> None:
    remember("d" * 64, tmp_path)
    (cache / "places" / ("d" * 64)).write_text("{")
    assert recall("d" * 64) is None
