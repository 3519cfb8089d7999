"""C-NMC's three layouts are listed whole, and what does not fit them is refused by name."""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from realdata import shared

from leukolens.base.errors import DatasetError
from leukolens.images.cnmc_names import parse_name
from leukolens.research.data.index import Index, index

HEADER = "Patient_ID,new_names,labels\n"
PRELIM = "C-NMC_test_prelim_phase_data_labels.csv"


def touch(root: Path, *names: str) -> Path:
    """Empty files: the index decodes nothing."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def facts(found: Index) -> list[tuple[str, str, str | None, str]]:
    return [(cell.name, cell.label, cell.subject, cell.fold) for cell in found.cells]


def subjects(found: Index, fold: str) -> dict[str, int]:
    here = found.fold(fold)
    return {label: len({cell.subject for cell in here if cell.label == label}) for label in ("all", "hem")}


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("UID_11_10_1_all", ("11", "all")),
        ("UID_H10_3_12_hem", ("H10", "hem")),
        ("UID_h3_3_12_hem", ("H3", "hem")),
        ("uid_h3_3_12_HEM", ("H3", "hem")),
        ("UID_11_10_1_ALL", ("11", "all")),
        ("UID_11_10_all", None),
        ("UID_11_10_1_abc", None),
        ("UID_X1_10_1_all", None),
        ("UID_11_10_1_all_copy", None),
        ("xUID_11_10_1_all", None),
        ("1", None),
    ],
)
def test_names_tell_subject_and_label(stem: str, expected: tuple[str, str] | None) -> None:
    assert parse_name(stem) == expected


def test_folds_are_read_from_folders_and_subjects_from_names(tmp_path: Path) -> None:
    touch(tmp_path, "fold_1/hem/UID_H2_1_1_hem.bmp", "fold_0/all/UID_1_1_1_all.bmp", "fold_0/hem/UID_H1_1_1_hem.bmp")
    assert facts(index(tmp_path)) == [
        ("fold_0/all/UID_1_1_1_all.bmp", "all", "1", "0"),
        ("fold_0/hem/UID_H1_1_1_hem.bmp", "hem", "H1", "0"),
        ("fold_1/hem/UID_H2_1_1_hem.bmp", "hem", "H2", "1"),
    ]
    assert index(tmp_path).cells[0].path == tmp_path / "fold_0/all/UID_1_1_1_all.bmp"


def test_lower_case_donors_and_upper_case_suffixes_are_not_lost(tmp_path: Path) -> None:
    touch(tmp_path, "fold_2/hem/UID_h3_1_1_hem.bmp", "fold_2/hem/UID_H3_1_2_hem.BMP", "Fold_2/ALL/UID_1_1_1_ALL.Bmp")
    assert sorted(facts(index(tmp_path))) == [
        ("Fold_2/ALL/UID_1_1_1_ALL.Bmp", "all", "1", "2"),
        ("fold_2/hem/UID_H3_1_2_hem.BMP", "hem", "H3", "2"),
        ("fold_2/hem/UID_h3_1_1_hem.bmp", "hem", "H3", "2"),
    ]


def test_a_release_folder_may_stand_above_the_folds(tmp_path: Path) -> None:
    touch(tmp_path, "C-NMC_training_data/fold_0/all/UID_1_1_1_all.bmp")
    assert facts(index(tmp_path)) == [("C-NMC_training_data/fold_0/all/UID_1_1_1_all.bmp", "all", "1", "0")]


def test_a_fold_itself_may_be_the_root(tmp_path: Path) -> None:
    touch(tmp_path, "fold_0/all/UID_1_1_1_all.bmp", "fold_1/all/UID_2_1_1_all.bmp")
    assert facts(index(tmp_path / "fold_1")) == [("all/UID_2_1_1_all.bmp", "all", "2", "1")]


def test_hidden_folders_are_no_cells(tmp_path: Path) -> None:
    touch(tmp_path, "fold_0/all/UID_1_1_1_all.bmp", ".trash/fold_0/all/UID_2_1_1_all.bmp")
    assert [cell.subject for cell in index(tmp_path).cells] == ["1"]


def test_plain_folders_take_any_name_and_no_subject(tmp_path: Path) -> None:
    touch(tmp_path, "all/a.png", "hem/b.tif", "hem/UID_H4_1_1_hem.jpg")
    assert facts(index(tmp_path)) == [
        ("all/a.png", "all", None, "-"),
        ("hem/UID_H4_1_1_hem.jpg", "hem", "H4", "-"),
        ("hem/b.tif", "hem", None, "-"),
    ]


def test_a_folder_inside_a_class_folder_is_a_subject(tmp_path: Path) -> None:
    touch(tmp_path, "all/p7/a.png", "all/p7/b.PNG", "hem/d1/c.png")
    assert [(cell.label, cell.subject) for cell in index(tmp_path).cells] == [
        ("all", "P7"),
        ("all", "P7"),
        ("hem", "D1"),
    ]


@pytest.mark.parametrize("inside", ["", "C-NMC_test_prelim_phase_data/"], ids=["beside", "in a folder beside"])
@pytest.mark.parametrize("above", ["", "release/"], ids=["root", "release"])
def test_the_preliminary_set_is_labelled_by_its_csv(tmp_path: Path, inside: str, above: str) -> None:
    touch(tmp_path / above, f"{inside}1.bmp", f"{inside}2.bmp")
    rows = "UID_57_29_1_all.bmp,1.bmp,1\nUID_H3_2_1_hem.bmp,2.bmp,0\n"
    (tmp_path / above / PRELIM).write_text(HEADER + rows)
    assert facts(index(tmp_path)) == [
        (f"{above}{inside}1.bmp", "all", "57", "prelim"),
        (f"{above}{inside}2.bmp", "hem", "H3", "prelim"),
    ]


def test_the_real_preliminary_csv_is_read_whole(tmp_path: Path) -> None:
    shutil.copy(shared(f"cnmc/{PRELIM}"), tmp_path / PRELIM)
    touch(tmp_path, *(f"C-NMC_test_prelim_phase_data/{number}.bmp" for number in range(1, 1868)))
    found = index(tmp_path)
    assert Counter(cell.label for cell in found.fold("prelim")) == {"all": 1219, "hem": 648}
    assert subjects(found, "prelim") == {"all": 13, "hem": 15}
    assert len({cell.path for cell in found.cells}) == 1867


def test_the_published_names_of_both_folds_are_all_listed(tmp_path: Path) -> None:
    names = [line.split()[1] for line in shared("cnmc/SHA256SUMS").read_text().splitlines()]
    found = index(touch(tmp_path, *names))
    assert sorted(cell.name for cell in found.cells) == sorted(names)
    assert Counter((cell.fold, cell.label) for cell in found.cells) == {
        ("0", "all"): 2397,
        ("0", "hem"): 1130,
        ("1", "all"): 2418,
        ("1", "hem"): 1163,
    }
    assert subjects(found, "0") == {"all": 19, "hem": 9}
    assert subjects(found, "1") == {"all": 11, "hem": 3}
    assert {cell.subject for cell in found.fold("1") if cell.label == "hem"} == {"H10", "H14", "H22"}
    assert Counter(cell.subject for cell in found.cells)["51"] == 757
    assert found.others == ()


@pytest.mark.parametrize("backwards", [False, True])
def test_the_order_is_that_of_fold_label_and_name_not_of_the_disk(
    tmp_path: Path, backwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    class Shuffled(list[os.DirEntry[str]]):
        """What os.scandir gives: entries in the disk's order, usable in a with."""

        def __enter__(self) -> "Shuffled":
            return self

        def __exit__(self, *_: object) -> None:
            return None

    def shuffled(place: Any) -> Shuffled:
        return Shuffled(sorted(scandir(place), key=lambda entry: entry.name, reverse=backwards))

    names = [
        "fold_0/all/UID_1_1_1_all.bmp",
        "fold_0/all/UID_1_1_2_all.bmp",
        "fold_0/all/UID_2_1_1_all.bmp",
        "fold_0/hem/UID_H1_1_1_hem.bmp",
        "fold_1/all/UID_0_1_1_all.bmp",
    ]
    touch(tmp_path, *names)
    monkeypatch.setattr("leukolens.research.data.index.os.scandir", shuffled)
    assert [cell.name for cell in index(tmp_path).cells] == names


def test_other_files_are_listed(tmp_path: Path) -> None:
    touch(tmp_path, "fold_0/all/UID_1_1_1_all.bmp", "fold_0/all/Thumbs.db", "fold_0/hem/notes.txt", "fold_0/hem/p/x.md")
    found = index(tmp_path)
    assert len(found.cells) == 1
    assert found.others == tuple(
        tmp_path / "fold_0" / name for name in ("all/Thumbs.db", "hem/notes.txt", "hem/p/x.md")
    )


def test_another_csv_is_no_labels(tmp_path: Path) -> None:
    touch(tmp_path, "all/a.png")
    (tmp_path / "measurements.csv").write_text("name,area\na.png,7\n")
    assert len(index(tmp_path).cells) == 1


def test_another_csv_in_another_encoding_is_no_labels(tmp_path: Path) -> None:
    touch(tmp_path, "all/a.png")
    (tmp_path / "measurements.csv").write_bytes("name,größe\na.png,7\n".encode("latin-1"))
    assert len(index(tmp_path).cells) == 1


def test_one_fold_is_given_or_those_there_are_listed(tmp_path: Path) -> None:
    found = index(touch(tmp_path, "fold_0/all/UID_1_1_1_all.bmp", "fold_1/all/UID_2_1_1_all.bmp"))
    assert [cell.subject for cell in found.fold("1")] == ["2"]
    with pytest.raises(DatasetError, match="has no fold 2; there are: 0, 1"):
        found.fold("2")


@pytest.mark.parametrize(
    ("names", "culprit", "reason"),
    [
        (["readme.txt"], "", "holds no cell images. Expected fold_K/all and fold_K/hem"),
        (["fold_0/all/notes.txt"], "", "holds no cell images"),
        (["fold_0/all/cell 7.bmp"], "fold_0/all/cell 7.bmp", "is not named UID_<subject>_<image>_<cell>_<all|hem>"),
        (
            ["fold_0/hem/UID_1_1_1_all.bmp"],
            "fold_0/hem/UID_1_1_1_all.bmp",
            "is named all but lies in a folder named hem",
        ),
        (["all/UID_H1_1_1_hem.bmp"], "all/UID_H1_1_1_hem.bmp", "is named hem but lies in a folder named all"),
        (
            ["fold_0/all/UID_1_2_3_all.bmp", "fold_0/hem/UID_1_2_3_hem.bmp"],
            "fold_0/hem/UID_1_2_3_hem.bmp",
            "is the same cell as fold_0/all/UID_1_2_3_all.bmp under the other label",
        ),
    ],
    ids=["no image", "only other files", "name", "fold against name", "folder against name", "both labels"],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, names: list[str], culprit: str, reason: str) -> None:
    touch(tmp_path, "fold_0/all/.keep" if culprit else "x/.keep", *names)
    with pytest.raises(DatasetError, match=f"^{re.escape(f'{tmp_path / culprit}: {reason}')}"):
        index(tmp_path)


def test_the_same_number_of_a_patient_and_a_donor_is_no_clash(tmp_path: Path) -> None:
    touch(tmp_path, "fold_0/all/UID_1_2_3_all.bmp", "fold_0/hem/UID_H1_2_3_hem.bmp")
    assert [cell.subject for cell in index(tmp_path).cells] == ["1", "H1"]


def test_a_missing_folder_and_a_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="gone: does not exist"):
        index(tmp_path / "gone")
    touch(tmp_path, "file")
    with pytest.raises(DatasetError, match="file: is not a folder"):
        index(tmp_path / "file")


@pytest.mark.parametrize("locked", [".", "fold_0", "fold_0/all"])
def test_an_unreadable_folder_is_named_with_its_hint(
    tmp_path: Path, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "fold_0/all/UID_1_1_1_all.bmp", "fold_0/hem/UID_H1_1_1_hem.bmp")
    scandir = os.scandir

    def refuse(place: Any) -> Iterator[os.DirEntry[str]]:
        if Path(place) == tmp_path / locked:
            raise PermissionError(13, "Permission denied")  # tests may run as root, whom no mode keeps out
        return scandir(place)

    monkeypatch.setattr("leukolens.research.data.index.os.scandir", refuse)
    with pytest.raises(DatasetError) as caught:
        index(tmp_path)
    folder = tmp_path / locked
    assert str(caught.value) == f"{folder}: cannot be listed (Permission denied). Check that you may read it"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("UID_57_29_1_all.bmp,7.bmp,1", "line 3 names 7.bmp, which is not beside it"),
        ("UID_57_29_1_all.bmp,2.bmp,0", "line 3: UID_57_29_1_all.bmp is labelled 0"),
        ("UID_H3_29_1_hem.bmp,2.bmp,1", "line 3: UID_H3_29_1_hem.bmp is labelled 1"),
        ("somebody.bmp,2.bmp,1", "line 3 cannot be parsed: somebody.bmp, 1"),
        ("UID_57_29_1_all.bmp,2.bmp,ALL", "line 3 cannot be parsed: UID_57_29_1_all.bmp, ALL"),
        ("UID_57_29_1_all.bmp", "line 3 cannot be parsed: UID_57_29_1_all.bmp, None"),
    ],
)
def test_a_wrong_line_of_the_csv_is_named(tmp_path: Path, row: str, reason: str) -> None:
    touch(tmp_path, "1.bmp", "2.bmp")
    (tmp_path / PRELIM).write_text(f"{HEADER}UID_57_22_2_all.bmp,1.bmp,1\n{row}\n")
    with pytest.raises(DatasetError, match=re.escape(f"{tmp_path / PRELIM}: {reason}")):
        index(tmp_path)


def test_a_csv_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    """With a byte order mark and CR LF."""
    touch(tmp_path, "1.bmp")
    text = f"\ufeff{HEADER}UID_57_22_2_all.bmp,1.bmp,1\n".replace("\n", "\r\n")
    (tmp_path / PRELIM).write_bytes(text.encode())
    assert facts(index(tmp_path)) == [("1.bmp", "all", "57", "prelim")]


def test_a_fold_named_by_a_dot_keeps_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "fold_1/all/UID_2_1_1_all.bmp")
    monkeypatch.chdir(tmp_path / "fold_1")
    assert facts(index(Path())) == [("all/UID_2_1_1_all.bmp", "all", "2", "1")]


# whose they are, by --patient-from


def test_patients_come_from_a_table_a_pattern_or_the_folder(tmp_path: Path) -> None:
    touch(tmp_path, "own/all/kim/x 1.png", "own/all/lee/x 2.png", "own/hem/day 2/noa/y.tif")
    (tmp_path / "p.csv").write_text(
        "path,patient\nown/all/kim/x 1.png,K\nown/all/lee/x 2.png,L\nown/hem/day 2/noa/y.tif,N\n"
    )
    own = tmp_path / "own"

    def whose(source: str | None) -> list[str | None]:
        return [one.subject for one in index(own, patient_from=source).cells]

    assert whose(None) == ["KIM", "LEE", "DAY 2"]
    assert whose("parent") == ["kim", "lee", "noa"]
    assert whose(str(tmp_path / "p.csv")) == ["K", "L", "N"]
    assert whose(r"/(k|l|n)[^/]*/[^/]*$") == ["k", "l", "n"]


def test_a_table_with_labels_needs_no_folders(tmp_path: Path) -> None:
    touch(tmp_path, "cells/1.png", "cells/b/2.png", "cells/hem/3.png", "cells/left out.png")
    table = tmp_path / "cells.csv"
    table.write_text("path;patient;label\ncells/1.png;a;ALL\ncells/b/2.png;b;hem\ncells/hem/3.png;c;all\n")
    found = index(tmp_path / "cells", patient_from=str(table))
    assert facts(found) == [("1.png", "all", "a", "-"), ("hem/3.png", "all", "c", "-"), ("b/2.png", "hem", "b", "-")]
    assert found.others == (tmp_path / "cells/left out.png",)
    table.write_text("path,patient,label\ncells/1.png,a,ALL\ncells/9.png,b,hem\n")
    with pytest.raises(DatasetError, match=r"names 1 files that are not below .*cells \(first: cells/9\.png\)"):
        index(tmp_path / "cells", patient_from=str(table))
    table.write_text("path,patient,label\ncells/1.png,a,blast\n")
    with pytest.raises(DatasetError, match=r"labels 1\.png 'blast'\. Write 'all' or 'hem'"):
        index(tmp_path / "cells", patient_from=str(table))


def test_a_class_folder_is_no_patient(tmp_path: Path) -> None:
    touch(tmp_path, "all/a.png", "hem/b.png")
    with pytest.raises(DatasetError, match=r"lies directly in all/, which is a class and not a patient"):
        index(tmp_path, patient_from="parent")


def test_a_file_whose_patient_is_not_told_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "all/p1_a.png", "hem/b.png")
    with pytest.raises(DatasetError, match=r"gives no patient for 1 of 2 files: .*hem/b\.png"):
        index(tmp_path, patient_from=r"/p(\d)_")


def test_names_in_folds_are_free_where_a_source_tells(tmp_path: Path) -> None:
    touch(tmp_path, "fold_0/all/a-1.png", "fold_1/hem/b-1.png")
    found = index(tmp_path, patient_from=r"/([ab])-")
    assert facts(found) == [("fold_0/all/a-1.png", "all", "a", "0"), ("fold_1/hem/b-1.png", "hem", "b", "1")]
