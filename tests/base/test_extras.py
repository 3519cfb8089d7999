"""A missing library is named with what to install."""

import pytest

from leukolens.base.errors import MissingExtra
from leukolens.base.extras import require


def test_what_is_there_is_imported() -> None:
    require("json", "csv", extra="train")


def test_what_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(MissingExtra, match=r"this needs no_such_library, .* pip install 'leukolens\[slides\]'"):
        require("json", "no_such_library.part", extra="slides")
