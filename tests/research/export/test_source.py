"""What an export starts from: cells that calibrate, others that check, and the run's own weights."""

from pathlib import Path

import numpy as np

from leukolens.research.export.source import open_source


def test_without_a_test_part_half_of_the_training_cells_check(shipped: Path) -> None:
    source = open_source(shipped)
    assert source.part == "train"
    assert abs(len(source.calibration) - len(source.gate)) <= 1
    seen = {cell.tobytes() for cell in source.calibration}
    assert not seen & {cell.tobytes() for cell in source.gate}


def test_calibration_and_gate_share_no_cell(run: Path) -> None:
    source = open_source(run, cells=10)
    assert (len(source.calibration), len(source.gate), source.part) == (10, 12, "test")
    seen = {cell.tobytes() for cell in source.calibration}
    assert not seen & {cell.tobytes() for cell in source.gate}
    other = open_source(run, cells=10, seed=1)
    assert not np.array_equal(source.calibration, other.calibration)
    assert np.array_equal(source.calibration, open_source(run, cells=10).calibration)
