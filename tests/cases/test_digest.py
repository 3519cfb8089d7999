"""A row's digest can be computed again without LeukoLens, as docs/cases.md says, and covers every value."""

import hashlib
from typing import Any

import pytest

from leukolens.cases.digest import row_digest

ROW = {"id": 7, "path": "é.bmp", "p_all": 0.75, "blind": False, "hue": None, "digest": "old"}


def test_it_is_the_sha256_of_the_documented_text() -> None:
    text = '["verdicts",{"blind":false,"hue":null,"p_all":0.75,"path":"\\u00e9.bmp"}]'
    assert row_digest("verdicts", ROW) == hashlib.sha256(text.encode()).hexdigest()


def test_bytes_stand_as_their_own_digest() -> None:
    picture = hashlib.sha256(b"jpeg").hexdigest()
    assert row_digest("pictures", {"jpeg": b"jpeg"}) == row_digest("pictures", {"jpeg": picture})


@pytest.mark.parametrize("change", [{"path": "e.bmp"}, {"p_all": 0.7500001}, {"blind": True}, {"hue": 0.0}])
def test_every_value_is_in_it(change: dict[str, Any]) -> None:
    assert row_digest("verdicts", ROW | change) != row_digest("verdicts", ROW)
    assert row_digest("reviews", ROW) != row_digest("verdicts", ROW)


def test_the_order_of_columns_the_id_and_an_older_digest_are_not() -> None:
    turned = dict(reversed((ROW | {"id": 8, "digest": "new"}).items()))
    assert row_digest("verdicts", turned) == row_digest("verdicts", ROW)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        row_digest("verdicts", {"p_all": float("nan")})
