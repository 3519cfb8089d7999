"""base.errors: one sentence each for the file, the reason and what to do about it."""

import pytest

from leukolens.base.errors import ImageError, LeukoLensError, MissingExtra


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "is empty"),
        ({"path": "a.png"}, "a.png: is empty"),
        ({"hint": "Copy it again"}, "is empty. Copy it again"),
        ({"path": "a.png", "hint": "Copy it again"}, "a.png: is empty. Copy it again"),
    ],
)
def test_the_message_names_file_reason_and_hint(options: dict[str, str], message: str) -> None:
    error = ImageError("is empty", **options)
    assert str(error) == message
    assert (error.reason, error.path, error.hint) == ("is empty", options.get("path"), options.get("hint"))


def test_a_missing_extra_says_how_to_install_it() -> None:
    error = MissingExtra("torch", "train")
    assert isinstance(error, LeukoLensError)
    assert str(error) == "this needs torch, which is not installed. pip install 'leukolens[train]'"
