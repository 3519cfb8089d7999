from rowmaker import row

from leukolens.report.found import Found


def test_cells_are_counted_with_why_some_were_not_judged() -> None:
    found = Found()
    refused = {"verdict": "refused", "p_all": None}
    found.add(row(cell=1))
    found.add(row(cell=2, reason="is not a lymphoid cell (lymphoid 0.10)", **refused))
    found.add(row(cell=3, reason="is not a lymphoid cell (lymphoid 0.20)", **refused))
    found.add(
        row(cell=4, reason="is too coarse to be judged (0.3 µm per px, given; at most 0.22). Photograph", **refused)
    )
    found.add(row(cell=None, reason="shows no cell", **refused))
    assert (found.cells, found.judged) == (4, 1)
    told = "4 cells found, 1 judged; not judged: 2 × is not a lymphoid cell, 1 × is too coarse to be judged"
    assert str(found) == told


def test_nothing_and_one_are_said_well() -> None:
    found = Found()
    assert str(found) == "0 cells found, 0 judged"
    found.add(row(cell=1))
    assert str(found) == "1 cell found, 1 judged"
