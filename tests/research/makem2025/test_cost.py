"""What a network costs: counted and measured, on its own file or on one with other weights."""

from pathlib import Path

import pytest

from leukolens.model.preprocess import Preprocess
from leukolens.research.makem2025.cost import COST, read_cost, write_cost
from leukolens.research.settings import TrainSettings

SMALL = TrainSettings(network="alnett", preprocess=Preprocess(size=32))


def test_a_network_without_a_file_is_exported_to_be_weighed(tmp_path: Path) -> None:
    write_cost(SMALL, tmp_path)
    cost = read_cost(tmp_path / COST)
    assert cost is not None
    assert cost.parameters == pytest.approx(0.49e6, rel=0.01)
    assert cost.giga_macs == pytest.approx(0.20 * (32 / 224) ** 2, rel=0.1)
    assert cost.megabytes == pytest.approx(4 * cost.parameters / 1e6, rel=0.2)
    assert 0 < cost.milliseconds < 1000
    assert [path.name for path in tmp_path.iterdir()] == [COST]


def test_one_that_was_not_measured_has_none(tmp_path: Path) -> None:
    assert read_cost(tmp_path / COST) is None
