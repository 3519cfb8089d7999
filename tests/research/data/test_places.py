"""Where cells stand is kept in the cache under their digest, and is believed only while it is true."""

from pathlib import Path

import pytest

from leukolens.research.data.places import Place, recall, remember

HASH = "c" * 64


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("LEUKOLENS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_is_found_again_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data/cells").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "data")
    remember(HASH, Path("cells"))
    monkeypatch.chdir(tmp_path)
    assert str((tmp_path / "data/cells").resolve()) in str(recall(HASH))
    assert recall("d" * 64) is None


def test_the_last_place_counts_and_one_that_is_gone_does_not(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        remember(HASH, tmp_path / name)
    assert "second" in str(recall(HASH))
    (tmp_path / "second").rmdir()
    assert recall(HASH) is None


def test_a_damaged_record_is_no_place(kept: Path, tmp_path: Path) -> None:
    remember(HASH, tmp_path)
    (record,) = (path for path in kept.rglob("*") if path.is_file())
    record.write_bytes(b"\xff\xfe\x00")
    assert recall(HASH) is None


def test_a_place_of_an_older_version_is_a_folder(tmp_path: Path, kept: Path) -> None:
    remember("c" * 64, tmp_path)
    (kept / "places" / ("c" * 64)).write_text(str(tmp_path))
    assert recall("c" * 64) == Place(folder=str(tmp_path))


def test_a_garbled_place_is_none(tmp_path: Path, kept: Path) -> None:
    remember("d" * 64, tmp_path)
    (kept / "places" / ("d" * 64)).write_text("{")
    assert recall("d" * 64) is None
