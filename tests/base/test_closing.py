"""The end of a `with` closes, after an error too, and hands the error on."""

import pytest

from leukolens.base.closing import Closing


class Counted(Closing):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_it_is_closed_once_at_the_end() -> None:
    with Counted() as one:
        assert one.closed == 0
    assert one.closed == 1


def test_an_error_closes_it_and_goes_on() -> None:
    one = Counted()
    with pytest.raises(ValueError, match="inside"), one:
        raise ValueError("inside")
    assert one.closed == 1
