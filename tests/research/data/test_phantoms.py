"""Generated cells look to the pipeline like C-NMC's: same layout, same size, black around, overlapping classes."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from leukolens.base.errors import OutputError
from leukolens.cli import main
from leukolens.images.decode import read_rgb
from leukolens.model.preprocess import half_extent
from leukolens.research.data.index import index
from leukolens.research.data.phantoms import PhantomSettings, draw_cell, phantoms, write_phantoms

FEW = PhantomSettings(folds=1, subjects=1, cells=2)


def test_a_seed_draws_the_same_cells() -> None:
    once, again = list(phantoms(FEW)), list(phantoms(FEW))
    other = list(phantoms(PhantomSettings(folds=1, subjects=1, cells=2, seed=1)))
    for (name, rgb), (same_name, same), (_, different) in zip(once, again, other, strict=True):
        assert name == same_name
        np.testing.assert_array_equal(rgb, same)
        assert (rgb != different).any()


def test_no_two_cells_are_equal(cells: Path) -> None:
    assert len({cell.path.read_bytes() for cell in index(cells).cells}) == 96


def test_a_subjects_cells_do_not_depend_on_how_many_subjects_there_are() -> None:
    """So a larger set holds the smaller one."""
    more = dict(phantoms(PhantomSettings(folds=1, subjects=2, cells=2)))
    for name, rgb in phantoms(FEW):
        np.testing.assert_array_equal(more[name], rgb)


def test_names_are_c_nmcs() -> None:
    names = [name for name, _ in phantoms(PhantomSettings(folds=2, subjects=1, cells=1))]
    assert names == [
        "fold_0/hem/UID_H1_1_1_hem.bmp",
        "fold_0/all/UID_1_1_1_all.bmp",
        "fold_1/hem/UID_H2_1_1_hem.bmp",
        "fold_1/all/UID_2_1_1_all.bmp",
    ]


def test_the_layout_is_read_as_c_nmcs_folds(cells: Path) -> None:
    found = index(cells)
    per_group = Counter((cell.fold, cell.label) for cell in found.cells)
    assert per_group == {(fold, label): 24 for fold in "01" for label in ("all", "hem")}
    per_subject = Counter((cell.fold, cell.subject) for cell in found.cells)
    assert per_subject == {
        (fold, f"{donor}{number}"): 6
        for fold, numbers in (("0", (1, 2, 3, 4)), ("1", (5, 6, 7, 8)))
        for number in numbers
        for donor in ("", "H")
    }
    assert found.others == ()


def test_cells_are_450_px_on_exact_black(cells: Path) -> None:
    for cell in index(cells).cells[::19]:
        rgb = read_rgb(cell.path)
        assert rgb.shape == (450, 450, 3)
        assert cell.path.stat().st_size == 54 + 450 * (3 * 450 + 2)  # as C-NMC: a 24-bit BMP
        border = np.concatenate([rgb[:20].ravel(), rgb[-20:].ravel(), rgb[:, :20].ravel(), rgb[:, -20:].ravel()])
        assert not border.any()
        assert rgb[225, 225].all()
        assert 70 <= half_extent(rgb) <= 200


def test_a_cell_has_no_black_hole() -> None:
    """Inside the cell every channel is lit, so that the background can be told by black alone."""
    rgb = draw_cell("hem", np.random.default_rng(0), stain=np.array([0.0, -30.0, 0.0]))  # darker than green is
    lit = rgb.any(axis=2)
    assert (rgb[lit] > 0).all()
    middle = lit[225]
    assert middle[np.flatnonzero(middle)[0] : np.flatnonzero(middle)[-1] + 1].all()


def test_classes_differ_in_mean_area_and_overlap(cells: Path) -> None:
    """Real means are 36,959 and 25,765 px; area alone must not solve the task."""
    areas: dict[str, list[int]] = {"all": [], "hem": []}
    for cell in index(cells).cells:
        areas[cell.label].append(int(read_rgb(cell.path).any(axis=2).sum()))
    blasts, normal = np.array(areas["all"]), np.array(areas["hem"])
    assert blasts.mean() == pytest.approx(36_959, rel=0.15)
    assert normal.mean() == pytest.approx(25_765, rel=0.15)
    assert blasts.min() < normal.max()
    auroc = (blasts[:, None] > normal).mean()
    assert 0.75 < auroc < 0.97


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"is not an empty folder\. Give another one"):
        write_phantoms(tmp_path, FEW)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine.txt"]
    with pytest.raises(OutputError, match=r"mine\.txt: is not an empty folder"):
        write_phantoms(tmp_path / "mine.txt", FEW)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert write_phantoms(tmp_path, FEW) == 4
    assert len(index(tmp_path).cells) == 4


def test_the_command_draws_what_is_asked_and_says_they_are_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dest = tmp_path / "new/cells"
    command = ["phantoms", str(dest), "--folds", "1", "--subjects", "1", "--cells", "2", "--seed", "3"]
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 0
    assert capsys.readouterr().out == (
        f"4 generated cells in {dest}. They are drawn: metrics measured on them say nothing about leukemia.\n"
    )
    expected = dict(phantoms(PhantomSettings(folds=1, subjects=1, cells=2, seed=3)))
    assert {cell.name for cell in index(dest).cells} == set(expected)
    for name, rgb in expected.items():
        np.testing.assert_array_equal(read_rgb(dest / name), rgb)

    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"leukolens: {dest}: is not an empty folder. Give another one\n"
