"""Cells as the parent's network sees them, and which cannot teach."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from adaptmaker import laboratory
from PIL import Image

from leukolens import Classifier
from leukolens.adapt.reviewed import ReviewedCell
from leukolens.adapt.seen import GREY, VIEWS, laboratorys, see
from leukolens.base.errors import DatasetError
from leukolens.cells.quality import QualityLimits
from leukolens.images.decode import read_rgb
from leukolens.model.network_file import SHIPPED_HALF, NetworkFile, as_input
from leukolens.model.preprocess import to_network


def test_the_first_view_is_the_picture_as_it_is(tmp_path: Path) -> None:
    paths = sorted(laboratory(tmp_path, patients=1, cells=2).glob("*/*.png"))
    cells = [
        ReviewedCell(path=path, content=f"{number:064x}", label=int(path.parent.name == "all"), patient="")
        for number, path in enumerate(paths)
    ]
    parent, judge = NetworkFile(threads=1), NetworkFile(SHIPPED_HALF, threads=1)
    seen = see(cells, parent, judge=judge)
    pixels = [to_network(read_rgb(path), parent.card.preprocess, name=path) for path in paths]
    scores = parent.scores(as_input(pixels))
    assert scores.features is not None
    assert np.array_equal(seen.features[:, 0], scores.features)
    assert np.array_equal(seen.logits, scores.logit)
    smaller = [to_network(read_rgb(path), judge.card.preprocess, name=path) for path in paths]
    assert seen.judged is not None
    assert seen.judged == pytest.approx(judge.scores(as_input(smaller)).logit, abs=1e-4)
    assert see(cells, parent).judged is None
    assert seen.features.shape == (4, VIEWS, 1024)
    assert len(np.unique(seen.features[0], axis=0)) == VIEWS
    assert (seen.labels.tolist(), seen.cells) == ([1, 1, 0, 0], cells)
    assert {one.verdict for one in Classifier()(paths)} == {"refused"}  # another stain than the parent knows


def test_a_cell_in_two_files_counts_once_and_never_as_both(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (path,) = laboratory(tmp_path, patients=1, cells=1).glob("all/*.png")
    again = path.with_suffix(".bmp")
    Image.open(path).save(again)
    one = ReviewedCell(path=path, content="0" * 64, label=1, patient="")
    same = ReviewedCell(path=again, content="1" * 64, label=1, patient="P-1")
    network = NetworkFile(threads=1)
    assert see([one, same], network).cells == [same]  # its patient is known
    assert see([same, one], network).cells == [same]
    assert "the same as another, pixel by pixel, and count once: 1" in caplog.text
    with pytest.raises(DatasetError, match=r"bmp: is labelled HEM, but the same cell is labelled ALL in .*png"):
        see([one, replace(same, label=0)], network)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda rgb: np.full_like(rgb, 200), "shows no white cell"),
        (lambda rgb: np.repeat(rgb.mean(2, keepdims=True), 3, 2).astype(np.uint8), "is grey"),
        (lambda rgb: np.hstack([rgb[:, :225]] * 2), "cell"),
        (lambda rgb: rgb[:100, :100], "shows no cell"),
    ],
    ids=["field", "grey", "half", "small"],
)
def test_what_cannot_teach_is_left_out_with_its_reason(
    spoil: object, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (path,) = laboratory(tmp_path, patients=1, cells=1).glob("all/*.png")
    Image.fromarray(spoil(read_rgb(path))).save(path)  # type: ignore[operator]
    cell = ReviewedCell(path=path, content="0" * 64, label=1, patient="")
    assert len(see([cell], NetworkFile(threads=1)).cells) == 0
    assert caplog.text.count("left out: it") == 1
    assert any(one in caplog.text for one in reason.split("|"))


def test_only_what_the_laboratory_decides_is_let_go() -> None:
    limits = QualityLimits()
    wide = laboratorys(limits)
    assert (wide.saturation, wide.lowest_hue, wide.highest_hue, wide.sharpness) == (GREY, 0, 360, 0)
    kept = ("background", "cells", "border", "offset")
    assert replace(limits, **{name: getattr(wide, name) for name in kept}) == limits
