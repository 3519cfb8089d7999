"""The paper's split is the paper's; the subject split keeps every subject and every image in one part."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from splitmaker import cell, cells_of, digests_of, parts_of, published

from leukolens.base.errors import SplitError
from leukolens.images.cnmc_names import Label
from leukolens.research import published as paper
from leukolens.research.data.split import (
    PARTS,
    PROTOCOLS,
    Protocol,
    Split,
    count,
    linked_subjects,
    make_split,
    paper_split,
    read_split,
    refuse_both_labels,
    refuse_shared,
    subject_split,
    too_few_for_intervals,
    write_split,
)

SMALL = cells_of({"1": 12, "2": 9, "3": 4, "4": 5, "H1": 7, "H2": 3, "H3": 10})


@pytest.mark.parametrize("fold", ["0", "1"])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_paper_split_gives_table_1(fold: str, seed: int) -> None:
    cells, digests = published(fold)
    split = make_split(cells, digests, protocol="paper", seed=seed)
    counts = count(cells, split)
    for label, (train, val, test, total) in paper.TABLE_1[fold].items():
        assert [counts[part][label] for part in PARTS] == [train, val, test]
        assert train + val + test == total


@pytest.mark.parametrize("fold", paper.TABLE_1)
def test_table_1_follows_from_its_totals(fold: str) -> None:
    """All three folds, without the cells: only the totals matter."""
    totals = {label: numbers[3] for label, numbers in paper.TABLE_1[fold].items()}
    cells = cells_of({"1": totals["all"], "H1": totals["hem"]}, fold=fold)
    counts = count(cells, paper_split(cells, seed=0))
    for label, numbers in paper.TABLE_1[fold].items():
        assert tuple(counts[part][label] for part in PARTS) == numbers[:3]


def test_the_paper_split_leaks_subjects_and_tells_which() -> None:
    cells, digests = published("1")
    split = make_split(cells, digests, protocol="paper", seed=0)
    leaked = split.shared_subjects(cells)
    assert {"51", "H10", "H14", "H22"} <= set(leaked)
    assert set(leaked) == {subject for subject, parts in parts_of(split, cells).items() if len(parts) > 1}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("01p"), st.sampled_from(["all", "hem"])), max_size=80), st.integers(0, 9))
def test_the_paper_split_takes_every_cell_once_in_floor_sizes(drawn: list[tuple[str, Label]], seed: int) -> None:
    cells = [cell("1", number, label, fold=fold) for number, (fold, label) in enumerate(drawn)]
    split = paper_split(cells, seed=seed)
    assert sorted(row for part in PARTS for row in split.rows[part]) == list(range(len(cells)))
    for group, size in Counter(drawn).items():
        sizes = [sum((cells[row].fold, cells[row].label) == group for row in split.rows[part]) for part in PARTS]
        train, val = size * 7 // 10, size // 10
        assert sizes == [train, val, size - train - val]


def test_a_seed_means_the_same_paper_split_everywhere() -> None:
    split = paper_split(cells_of({"1": 10, "H1": 10}), seed=0)
    assert split.rows == {
        "train": (2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 16, 18, 19),
        "val": (0, 17),
        "test": (1, 8, 11, 15),
    }


@pytest.mark.parametrize("protocol", ["paper", "subject"])
def test_the_split_is_seeded(protocol: Protocol) -> None:
    digests = digests_of(SMALL)
    rows = [make_split(SMALL, digests, protocol=protocol, seed=seed).rows for seed in (3, 3, 4, 5, 6)]
    assert rows[0] == rows[1]
    assert any(rows[0] != other for other in rows[2:])


@pytest.mark.parametrize("seed", range(20))
def test_the_subject_split_shares_no_subject_and_takes_every_cell(seed: int) -> None:
    split = make_split(SMALL, digests_of(SMALL), protocol="subject", seed=seed)
    assert sorted(row for part in PARTS for row in split.rows[part]) == list(range(len(SMALL)))
    assert all(len(parts) == 1 for parts in parts_of(split, SMALL).values())
    assert split.shared_subjects(SMALL) == ()
    assert all(count(SMALL, split)[part][label] for part in PARTS for label in ("all", "hem"))


@pytest.mark.parametrize("fold", ["0", "1"])
def test_the_subject_split_of_real_folds_shares_no_subject_and_no_image(fold: str) -> None:
    cells, digests = published(fold)
    split = make_split(cells, digests, protocol="subject", seed=0)
    assert all(len(parts) == 1 for parts in parts_of(split, cells).values())
    parts_by_content: dict[str, set[str]] = {}
    for part in PARTS:
        for row in split.rows[part]:
            parts_by_content.setdefault(digests[row], set()).add(part)
    assert all(len(parts) == 1 for parts in parts_by_content.values())
    assert len(digests) - len(parts_by_content) == {"0": 0, "1": 5}[fold]  # H10's five pairs


def test_the_subject_split_comes_near_70_10_20_with_many_subjects() -> None:
    cells = cells_of({f"{kind}{number}": 5 for kind in ("", "H") for number in range(100)})
    counts = count(cells, subject_split(cells, digests_of(cells), seed=1))
    for label in ("all", "hem"):
        assert [counts[part][label] for part in PARTS] == pytest.approx([350, 50, 100], abs=10)


@pytest.mark.parametrize("seed", range(10))
def test_subjects_linked_by_an_identical_image_stay_together(seed: int) -> None:
    """1 – 2 – 4 in a chain: 1 and 4 share no image, but each shares one with 2."""
    digests = digests_of(SMALL)
    rows = {subject: [row for row, one in enumerate(SMALL) if one.subject == subject] for subject in ("1", "2", "4")}
    digests[rows["2"][0]] = digests[rows["1"][3]]
    digests[rows["4"][1]] = digests[rows["2"][5]]
    cells = [*SMALL, *cells_of({"5": 6})]
    digests += digests_of(cells_of({"5": 6}))
    split = make_split(cells, digests, protocol="subject", seed=seed)
    parts = parts_of(split, cells)
    assert parts["1"] == parts["2"] == parts["4"]


def test_linked_subjects_are_one_group() -> None:
    cells = cells_of({"1": 2, "2": 1, "3": 2, "H1": 1})
    assert linked_subjects(cells, ["a", "b", "c", "d", "b", "e"]) == [[0, 1, 3, 4], [2], [5]]
    assert linked_subjects(cells, list("abcdef")) == [[0, 1], [2], [3, 4], [5]]


def by_hand(train: list[int], val: list[int], test: list[int]) -> Split:
    return Split(protocol="subject", seed=0, rows={"train": tuple(train), "val": tuple(val), "test": tuple(test)})


def test_a_split_by_hand_with_one_shared_subject_is_refused_by_name() -> None:
    cells = cells_of({"1": 2, "2": 2, "51": 2})
    refuse_shared(by_hand([0, 1], [2, 3], [4, 5]), cells, digests_of(cells))
    with pytest.raises(SplitError, match="subject 51 is in both train and test"):
        refuse_shared(by_hand([0, 1, 4], [2, 3], [5]), cells, digests_of(cells))


def test_a_split_by_hand_with_one_shared_image_is_refused_by_name() -> None:
    cells = cells_of({"1": 2, "2": 2, "3": 2})
    with pytest.raises(SplitError) as caught:
        refuse_shared(by_hand([0, 1], [2, 3], [4, 5]), cells, ["a", "b", "c", "d", "e", "c"])
    copy, original = "fold_0/all/UID_3_1_1_all.bmp", "fold_0/all/UID_2_1_0_all.bmp"
    assert (
        str(caught.value)
        == f"{copy} = {original} by content is in both val and test. Only protocol 'paper' allows that"
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("present", "missing"), [("1", "HEM"), ("H1", "ALL")])
def test_a_missing_class_is_named(protocol: Protocol, present: str, missing: str) -> None:
    cells = cells_of({present: 30})
    with pytest.raises(SplitError, match=f"there are no {missing} cells"):
        make_split(cells, digests_of(cells), protocol=protocol, seed=0)


def test_all_trains_on_every_cell_but_those_of_the_preliminary_set() -> None:
    cells = [*SMALL, replace(SMALL[0], name="prelim/1.bmp", fold="prelim")]
    split = make_split(cells, digests_of(cells), protocol="all", seed=0)
    assert split.rows == {"train": tuple(range(len(SMALL))), "val": (), "test": ()}
    assert split.left_out(cells) == (len(SMALL),)


def test_too_few_subjects_are_refused() -> None:
    cells = cells_of({"1": 30, "2": 30, "3": 30, "H1": 30, "H2": 30})
    with pytest.raises(SplitError, match=r"too few cells or subjects: none for (train|val|test) HEM\. Use more folds"):
        make_split(cells, digests_of(cells), protocol="subject", seed=0)


def test_three_subjects_of_each_class_are_enough() -> None:
    cells = cells_of({"1": 300, "2": 1, "3": 1, "H1": 2, "H2": 2, "H3": 200})
    for seed in range(10):
        make_split(cells, digests_of(cells), protocol="subject", seed=seed)


def test_too_few_cells_are_refused() -> None:
    cells = cells_of({"1": 9, "H1": 10})
    with pytest.raises(SplitError, match="too few cells or subjects: none for val ALL"):
        make_split(cells, digests_of(cells), protocol="paper", seed=0)


def test_an_unknown_subject_is_refused_by_the_subject_split_alone() -> None:
    cells = [replace(one, subject=None) if row == 2 else one for row, one in enumerate(SMALL)]
    make_split(cells, digests_of(cells), protocol="paper", seed=0)
    with pytest.raises(SplitError, match=r"the subject of 1 cells is unknown \(first: fold_0/all/UID_1_1_2_all.bmp\)"):
        make_split(cells, digests_of(cells), protocol="subject", seed=0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_image_under_both_labels_is_refused_by_name(protocol: Protocol) -> None:
    digests = digests_of(SMALL)
    digests[-1] = digests[0]
    with pytest.raises(SplitError) as caught:
        make_split(SMALL, digests, protocol=protocol, seed=0)
    assert str(caught.value).startswith(f"{SMALL[-1].name}: is the same image as {SMALL[0].name}, under the other")


def test_a_copy_under_the_same_label_is_no_contradiction() -> None:
    refuse_both_labels(SMALL, ["same" if one.label == "all" else "other" for one in SMALL])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_written_split_is_read_back_whatever_the_order_of_the_cells(tmp_path: Path, protocol: Protocol) -> None:
    path, digests = tmp_path / "split.csv", digests_of(SMALL)
    split = make_split(SMALL, digests, protocol=protocol, seed=5)
    write_split(path, split, SMALL, digests)
    assert read_split(path, SMALL, digests, protocol=protocol, seed=5) == split

    turned = SMALL[::-1]
    again = read_split(path, turned, digests_of(turned), protocol=protocol, seed=5)
    for part in PARTS:
        assert {turned[row].name for row in again.rows[part]} == {SMALL[row].name for row in split.rows[part]}


def test_split_csv_tells_all_of_each_cell(tmp_path: Path) -> None:
    cells = [cell("1", 0, "all"), replace(cell("H1", 1, "hem"), subject=None, fold="-")]
    write_split(tmp_path / "split.csv", by_hand([1], [], [0]), cells, ["d0", "d1"])
    assert (tmp_path / "split.csv").read_text() == (
        "part,name,label,subject,fold,sha256\n"
        "train,fold_0/hem/UID_H1_1_1_hem.bmp,hem,,-,d1\n"
        "test,fold_0/all/UID_1_1_0_all.bmp,all,1,0,d0\n"
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("train,fold_0/all/gone.bmp", "names fold_0/all/gone.bmp, which is not in this dataset"),
        (f"practice,{SMALL[0].name}", "part: Invalid enum value 'practice'"),
    ],
)
def test_a_split_that_does_not_fit_is_refused_by_name(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "split.csv"
    path.write_text(f"part,name\n{line}\n")
    with pytest.raises(SplitError) as caught:
        read_split(path, SMALL, digests_of(SMALL), protocol="paper", seed=0)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)


def test_a_written_split_that_leaks_is_refused_when_read(tmp_path: Path) -> None:
    path, digests = tmp_path / "split.csv", digests_of(SMALL)
    subject = [row for row, one in enumerate(SMALL) if one.subject == "1"]
    leaking = by_hand(subject[:6], [], subject[6:])
    write_split(path, leaking, SMALL, digests)
    with pytest.raises(SplitError, match="subject 1 is in both train and test"):
        read_split(path, SMALL, digests, protocol="subject", seed=0)
    assert read_split(path, SMALL, digests, protocol="paper", seed=0).rows == leaking.rows


def test_a_table_without_the_columns_is_no_split(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_text("name,subject\na,1\n")
    with pytest.raises(SplitError, match=r"is damaged .*the column part is missing"):
        read_split(path, SMALL, digests_of(SMALL), protocol="paper", seed=0)


def test_a_test_part_too_small_for_an_interval_says_so() -> None:
    cells = cells_of({"1": 1, "2": 1, "3": 1, "4": 1, "H1": 1, "H2": 1, "H3": 1})
    rows = tuple(range(len(cells)))
    told = too_few_for_intervals(Split(protocol="subject", seed=0, rows={"train": (), "val": (), "test": rows}), cells)
    assert told.startswith("the test part has 3 HEM subjects: with fewer than 4 of a class")
    assert "leukolens benchmark --parts 3" in told
    more = [*cells, *cells_of({"H4": 1})]
    whole = Split(protocol="subject", seed=0, rows={"train": (), "val": (), "test": tuple(range(len(more)))})
    assert too_few_for_intervals(whole, more) == ""
    assert (
        too_few_for_intervals(Split(protocol="all", seed=0, rows={"train": rows, "val": (), "test": ()}), cells) == ""
    )
