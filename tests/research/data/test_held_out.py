"""dataset.unseen: tests of subjects never seen, and what is left for training and inner validation."""

from collections import Counter

import pytest
from splitmaker import cells_of, digests_of, parts_of, published

from leukolens.base.errors import SplitError
from leukolens.images.cnmc_names import LABELS
from leukolens.research.data.cell import Cell
from leukolens.research.data.held_out import INNER, INNER_PARTS, image_twin, inner_parts, leave_fold_out, subject_folds
from leukolens.research.data.split import Split, count, refuse_shared

ZERO = cells_of({"1": 30, "2": 9, "3": 12, "H1": 20, "H2": 8, "H3": 8})
ONE = cells_of({"4": 11, "5": 7, "H4": 6, "H5": 9}, fold="1")
BOTH = [*ZERO, *ONE]


def whole(split: Split, cells: list[Cell]) -> None:
    """No subject in two parts, both classes in training and inner validation."""
    assert all(len(parts) == 1 for parts in parts_of(split, cells).values())
    for part in ("train", "val"):
        assert {cells[row].label for row in split.rows[part]} == set(LABELS)


@pytest.mark.parametrize("seed", range(5))
def test_one_fold_tests_and_the_other_trains(seed: int) -> None:
    split = leave_fold_out(BOTH, digests_of(BOTH), fold="1", seed=seed)
    whole(split, BOTH)
    assert {BOTH[row].fold for row in split.rows["test"]} == {"1"}
    assert len(split.rows["test"]) == len(ONE)
    assert split.left_out(BOTH) == ()
    for label in LABELS:
        total = sum(cell.label == label for cell in ZERO)
        assert sum(BOTH[row].label == label for row in split.rows["val"]) >= INNER * total


def test_inner_validation_depends_on_the_seed_and_on_nothing_else() -> None:
    digests = digests_of(BOTH)
    first, again = (leave_fold_out(BOTH, digests, fold="1", seed=0) for _ in range(2))
    assert first == again
    assert len({leave_fold_out(BOTH, digests, fold="1", seed=seed).rows["val"] for seed in range(8)}) > 1


def test_training_cells_linked_to_a_test_subject_are_left_out_and_told() -> None:
    digests = digests_of(BOTH)
    digests[0] = digests[len(ZERO)]  # subject 1's first cell is subject 4's
    split = leave_fold_out(BOTH, digests, fold="1", seed=0)
    assert {BOTH[row].subject for row in split.left_out(BOTH)} == {"1"}
    assert len(split.left_out(BOTH)) == 30
    refuse_shared(split, BOTH, digests)


def test_the_preliminary_set_is_never_trained_on() -> None:
    cells = [*BOTH, *cells_of({"90": 4, "H90": 3}, fold="prelim")]
    split = leave_fold_out(cells, digests_of(cells), fold="1", seed=0)
    assert {cells[row].fold for row in split.left_out(cells)} == {"prelim"}
    split = leave_fold_out(cells, digests_of(cells), fold="prelim", seed=0)
    assert {cells[row].subject for row in split.rows["test"]} == {"90", "H90"}
    assert split.left_out(cells) == ()


@pytest.mark.parametrize("seed", range(3))
def test_every_subject_is_tested_once(seed: int) -> None:
    digests = digests_of(BOTH)
    splits = subject_folds(BOTH, digests, parts=3, seed=seed)
    assert Counter(row for split in splits for row in split.rows["test"]) == Counter(range(len(BOTH)))
    for split in splits:
        whole(split, BOTH)
        assert {BOTH[row].label for row in split.rows["test"]} == set(LABELS)


def test_parts_are_of_like_size_on_the_real_subjects() -> None:
    cells, digests = (list(a + b) for a, b in zip(published("0"), published("1"), strict=True))
    splits = subject_folds(cells, digests, parts=4, seed=0)
    for label in LABELS:
        sizes = [sum(cells[row].label == label for row in split.rows["test"]) for split in splits]
        assert max(sizes) < 1.45 * min(sizes)  # patient 51 alone is 757 cells


def test_too_few_subjects_are_named() -> None:
    with pytest.raises(SplitError, match="5 HEM subjects are too few for 6 parts"):
        subject_folds(BOTH, digests_of(BOTH), parts=6, seed=0)
    lone = [*cells_of({"1": 5, "2": 5, "H1": 5}), *ONE]
    with pytest.raises(SplitError, match="1 HEM subjects are left for training and inner validation"):
        leave_fold_out(lone, digests_of(lone), fold="1", seed=0)


def test_the_twin_has_the_same_sizes_and_leaks() -> None:
    split = leave_fold_out(BOTH, digests_of(BOTH), fold="1", seed=0)
    twin = image_twin(split, BOTH, seed=0)
    assert count(BOTH, twin) == count(BOTH, split)
    assert sorted(row for rows in twin.rows.values() for row in rows) == list(range(len(BOTH)))
    assert len(twin.shared_subjects(BOTH)) > 5
    assert image_twin(split, BOTH, seed=0) == twin
    assert image_twin(split, BOTH, seed=1) != twin


def test_each_training_subject_validates_once_by_what_is_trained_on_the_others() -> None:
    digests = digests_of(BOTH)
    digests[0] = digests[len(ZERO)]  # subject 1 is linked to a test subject: it neither trains nor validates
    split = leave_fold_out(BOTH, digests, fold="1", seed=0)
    inner = inner_parts(split, BOTH, digests, seed=0)
    assert len(inner) == 2  # 2 and 3 are the ALL subjects left
    for part in inner:
        whole(part, BOTH)
        assert part.rows["test"] == ()
        assert set(part.rows["train"]) | set(part.rows["val"]) == set(split.rows["train"]) | set(split.rows["val"])
    validated = [row for part in inner for row in part.rows["val"]]
    assert sorted(validated) == sorted((*split.rows["train"], *split.rows["val"]))


def test_a_twin_validates_by_image() -> None:
    digests = digests_of(BOTH)
    split = image_twin(leave_fold_out(BOTH, digests, fold="1", seed=0), BOTH, seed=0)
    inner = inner_parts(split, BOTH, digests, seed=0)
    assert len(inner) == INNER_PARTS
    assert inner == inner_parts(split, BOTH, digests, seed=0)
    for part in inner:
        assert len(parts_of(part, BOTH)["1"]) == 2  # leaks, as it should
    sizes = [count(BOTH, part)["val"] for part in inner]
    assert all(max(size[label] for size in sizes) - min(size[label] for size in sizes) <= 1 for label in LABELS)
