"""What an export starts from: cells that calibrate, others that check, and the run's own weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cardmaker import CALIBRATED
from numpy.typing import NDArray

from leukolens.base.errors import RunError
from leukolens.model import distance
from leukolens.model.network_file import Scores
from leukolens.research.export.source import Source, judged, open_source, trained_network


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


class Judge:
    """A classifier's card and reference, without a model."""

    def __init__(self, reference: distance.FeatureReference | None) -> None:
        self.card = CALIBRATED
        self.reference = reference


def scores(*logits: float, features: NDArray[np.float32] | None = None) -> Scores:
    return Scores(logit=np.array(logits, np.float32), evidence=None, features=features)


def test_verdicts_are_the_card_s_in_the_order_of_the_batches() -> None:
    found = judged(Judge(None), [scores(6.0, 0.0), scores(-6.0)])  # type: ignore[arg-type]
    np.testing.assert_allclose(found.p_all, 1 / (1 + np.exp([-3.0, 0.0, 3.0])), rtol=1e-6)  # its temperature is 2
    assert found.verdicts == ("ALL", "uncertain", "HEM")


def test_a_cell_far_from_the_known_is_refused() -> None:
    known = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    reference = distance.fit_reference(known, known)
    seen = np.stack([known[0], known[1] + 1000])
    found = judged(Judge(reference), [scores(6.0, features=seen[:1]), scores(6.0, features=seen[1:])])  # type: ignore[arg-type]
    assert found.verdicts == ("ALL", "refused")


def test_a_model_file_alone_cannot_tell_its_cells_nor_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.touch()
    with pytest.raises(RunError, match=r"model\.onnx: is a model without its run\. Say with --data"):
        open_source(path)
    source = Source(
        run=path,
        classifier=Judge(None),  # type: ignore[arg-type]
        calibration=np.zeros((1, 4, 4, 3), np.uint8),
        gate=np.zeros((1, 4, 4, 3), np.uint8),
        labels=np.array([0]),
        part="test",
    )
    with pytest.raises(RunError, match=r"is a model without its trained weights\. Give the folder of its run"):
        trained_network(source)
    with pytest.raises(RunError, match=r"model\.safetensors: is missing; it holds the trained weights"):
        trained_network(replace(source, run=tmp_path))
