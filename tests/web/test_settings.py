"""A server is as closed as can be unless it is told otherwise."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from leukolens.web.settings import ReviewSettings


def test_one_reader_on_this_machine_unless_told_otherwise() -> None:
    settings = ReviewSettings(hosts=frozenset({"127.0.0.1:8765"}), uploads=Path("kept"))
    assert settings.local
    assert not settings.secure
    assert settings.idle < settings.longest
    assert settings.max_body < settings.max_upload
    assert settings.max_files <= settings.max_waiting


def test_hosts_and_uploads_must_be_said_and_stay() -> None:
    with pytest.raises(TypeError, match=r"hosts.*uploads"):
        ReviewSettings()  # type: ignore[call-arg]
    settings = ReviewSettings(hosts=frozenset(), uploads=Path("kept"))
    with pytest.raises(FrozenInstanceError):
        settings.local = False  # type: ignore[misc]
