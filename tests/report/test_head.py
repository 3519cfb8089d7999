"""The first lines of a report: when, whose, how many of what, and each patient's line."""

from cardmaker import CALIBRATED, CARD
from rowmaker import row

from leukolens.cases.row import Row
from leukolens.report.head import Head, PatientLine, chip_of, head_of
from leukolens.report.summary import UNKNOWN, Tally


def tally(*rows: Row) -> Tally:
    found = Tally(CARD)
    for one in rows:
        found.add(one)
    return found


def head(*rows: Row) -> Head:
    return head_of("day 1", tally(*rows), {one.judged_at for one in rows})


def test_minutes_are_told_once_or_from_to() -> None:
    early, late = row(judged_at="2026-01-02T03:04:05+00:00"), row(judged_at="2026-01-02T03:59:59+00:00")
    assert head(early, row(judged_at="2026-01-02T03:04:59+00:00")).judged == "2026-01-02 03:04 UTC"
    assert head(late, early).judged == "2026-01-02 03:04 to 2026-01-02 03:59 UTC"
    assert head().judged == ""


def test_whose_cells_they_are() -> None:
    assert head(row(patient="H3")).sample == "patient H3, 1 file"
    assert head(row(patient="H3"), row(patient="")).sample == "patient H3, 2 files"
    assert head(row(patient="H3"), row(patient="H4")).sample == "2 patients, 2 files"
    assert head(row(patient="")).sample == "no known patient, 1 file"


def test_only_verdicts_that_were_given_are_counted_each_in_words() -> None:
    rows = [row(), row(), row(verdict="uncertain"), row(verdict=None, p_all=None)]
    assert head(*rows).counts == [
        ("ALL · blast", "all", 2),
        ("uncertain", "unsure", 1),
        ("not judged", "other", 1),
    ]
    assert {chip_of(verdict)[0] for verdict in ("ALL", "HEM", "uncertain", "refused")} == {
        "all",
        "hem",
        "unsure",
        "other",
    }


def test_a_patient_s_line_has_a_share_that_sorts_and_all_counts() -> None:
    counted = Tally(CALIBRATED)
    for number in range(10):
        counted.add(row(patient="P", p_all=0.9 if number < 6 else 0.1, sha256=f"{number}", hue=290.04))
    counted.add(row(patient="", verdict=None, p_all=None))
    known, unknown = (PatientLine(one, first=place) for place, one in enumerate(counted.patients(), start=1))
    assert (known.first, known.name, unknown.name, unknown.share) == (1, "P", UNKNOWN, -1)
    assert 0 <= known.low <= known.share <= known.high <= 100
    counts = dict(known.counts)
    assert (counts["Files"], counts["Judged"], counts["ALL"], counts["Hue"]) == ("10", "10", "10", "290.0°")
    assert dict(unknown.counts)["Hue"] == "–"
