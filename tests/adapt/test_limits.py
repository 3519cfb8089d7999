"""Limits after teaching: the hues are the laboratory's, the others are only widened, and the features' are moved."""

from dataclasses import replace

import numpy as np
from adaptmaker import seen_cells

from leukolens.adapt.limits import moved, renewed
from leukolens.cells.quality import QualityLimits, refusals
from leukolens.model.distance import fit_reference

(SEEN,) = seen_cells(np.zeros((1, 4), np.float32), np.array([1]), np.zeros(1, np.float32), ["a"]).quality


def test_the_hues_are_the_laboratorys_alone() -> None:
    limits = renewed(QualityLimits(), [replace(SEEN, hue=hue) for hue in (240.0, 250.0, 245.0)])
    assert (limits.lowest_hue, limits.highest_hue) == (235.0, 255.0)
    assert [one.kind for one in refusals(SEEN, limits)] == ["hue"]  # C-NMC's


def test_size_and_detail_are_widened_and_never_narrowed() -> None:
    limits = QualityLimits()
    assert renewed(limits, [SEEN, SEEN]) == replace(limits, lowest_hue=290.0, highest_hue=290.0)
    odd = replace(SEEN, area=5_000, sharpness=2.0, grain=40.0, saturation=0.3)
    wide = renewed(limits, [odd, replace(odd, area=90_000)])
    assert (wide.smallest_area, wide.largest_area) == (4_500, 99_000)
    assert refusals(odd, limits)
    assert not refusals(odd, wide)
    assert wide.border == limits.border


def test_a_camera_without_colours_is_never_let_in() -> None:
    limits = renewed(QualityLimits(), [replace(SEEN, saturation=0.16)] * 2)
    assert [one.kind for one in refusals(replace(SEEN, saturation=0.14), limits)] == ["grey"]


def test_the_reference_moves_to_the_laboratorys_cells() -> None:
    random = np.random.default_rng(0)
    training = random.normal(0, 1, (200, 20)).astype(np.float32)
    reference = fit_reference(training, training, directions=4)
    ours = (random.normal(0, 1, (60, 20)) + 5).astype(np.float32)
    assert (reference.distance(ours) > reference.limit).all()
    found = moved(reference, ours, np.arange(60) % 10)
    assert (found.distance(ours) <= found.limit).all()
    assert (found.distance(training) > found.limit).mean() > 0.9
    assert np.array_equal(found.directions, reference.directions)


def test_a_part_left_out_lies_farther_than_its_own_mean_would_say() -> None:
    random = np.random.default_rng(0)
    training = random.normal(0, 1, (200, 20)).astype(np.float32)
    reference = fit_reference(training, training, directions=4)
    part = np.repeat(np.arange(4), 10)
    ours = (random.normal(0, 0.1, (40, 20)) + random.normal(0, 3, (4, 20))[part]).astype(np.float32)
    found = moved(reference, ours, part)
    assert found.limit > found.distance(ours).max()
