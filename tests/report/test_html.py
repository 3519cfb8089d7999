"""The report holds the rows to the letter, in order, with pictures; nothing in it comes from outside or runs."""

import base64
import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cardmaker import CALIBRATED, CARD
from casemaker import judged_as
from htmlreport import Report
from numpy.typing import NDArray
from PIL import Image
from rowmaker import ODD, row

from leukolens import Case
from leukolens.base.names import in_one_line
from leukolens.cases.record import Picture
from leukolens.cases.row import Row
from leukolens.decide.patient import patient_answer
from leukolens.model.card import ModelCard
from leukolens.model.preprocess import to_network
from leukolens.predict.thumbnail import thumbnail
from leukolens.report.evidence import evidence_map
from leukolens.report.export import export
from leukolens.report.summary import UNKNOWN, Tally
from leukolens.research.data.phantoms import draw_cell

CELL = to_network(draw_cell("all", np.random.default_rng(0)), CARD.preprocess, name="x")


def seen(evidence: NDArray[np.float32] | None = None, pixels: NDArray[np.uint8] = CELL) -> Picture:
    kept = None if evidence is None else evidence.astype("<f4").tobytes()
    return Picture(jpeg=thumbnail(Image.fromarray(pixels)), evidence=kept)


def report(path: Path, rows: list[Row], pictures: list[Picture | None] | None = None, card: ModelCard = CARD) -> Report:
    """The report of a case that holds these rows."""
    with Case.create(path.with_suffix(f".{len(list(path.parent.iterdir()))}.case")) as case:
        case.use(card)
        pictured = zip(rows, pictures or [None] * len(rows), strict=True)
        case.add([judged_as(one, picture) for one, picture in pictured])
        path.unlink(missing_ok=True)
        export(case, report=path)
    return Report(path)


HOSTILE = [
    row(path="<script>alert(1)</script>.bmp", patient="<b>", p_all=0.9),
    row(path="\"onload='alert(1)' x=\"", patient='"&quot;&amp;', reason="</td></table><script>", p_all=0.8),
    row(path="</style></script><!-- --> ]]>", p_all=0.7),
    row(path=in_one_line("\u202egnp.exe \udce9\n\0 é 中 \U0001f9ec"), p_all=0.6),
]


@pytest.mark.parametrize("rows", [ODD, HOSTILE, []], ids=["odd", "hostile", "none"])
def test_every_value_stands_in_the_page(tmp_path: Path, rows: list[Row]) -> None:
    found = report(tmp_path / "x.html", rows, [seen() for one in rows])
    key = lambda texts: texts["path"]  # noqa: E731
    assert sorted(found.cells, key=key) == sorted((one.texts() for one in rows), key=key)
    assert [name for name, _ in found.tags].count("script") == 1
    assert all(not name.startswith("on") for _, attributes in found.tags for name in attributes)


def test_the_highest_probability_comes_first_and_none_last(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    p_all = [None if p < 0.2 else round(float(p), 6) for p in random.random(60)]
    found = report(tmp_path / "x.html", [row(path=str(number), p_all=p) for number, p in enumerate(p_all)])
    shown = [texts["p_all"] for texts in found.cells]
    known = [float(text) for text in shown if text]
    assert known == sorted(known, reverse=True)
    assert shown == [f"{p:.6f}" for p in known] + [""] * (60 - len(known))
    last = [int(texts["path"]) for texts in found.cells if not texts["p_all"]]
    assert last == sorted(last)


def test_patients_come_first(tmp_path: Path) -> None:
    rows = [row(patient=patient, path=f"{patient}{number}") for patient in ("P<1>", "", "Q") for number in range(3)]
    found = report(tmp_path / "x.html", rows)
    tally = Tally(CARD)
    for one in rows:
        tally.add(one)
    shown = [(line[0], line[1], *line[2:7]) for line in found.tables["by-patient"][1:]]
    assert shown == [
        (
            one.patient or UNKNOWN,
            one.statement,
            *map(str, (one.answer.files, one.answer.judged, one.answer.called_all, one.answer.called_hem)),
            str(one.answer.uncertain),
        )
        for one in tally.patients()
    ]
    assert list(found.tables) == ["by-patient", "cells"]
    assert "No patient gets a share of blasts: this model has no share rule." in found.text


def test_a_patient_leads_to_the_highest_of_its_cells(tmp_path: Path) -> None:
    rows = [row(patient="P" if n % 2 else "Q", path=f"{n}", p_all=n / 10) for n in range(9)]
    found = report(tmp_path / "x.html", rows)
    links = {str(a["data-patient"]): str(a["href"]) for name, a in found.tags if name == "a" and "data-patient" in a}
    places = [str(a["id"]) for name, a in found.tags if name == "tr" and "id" in a]
    for patient, link in links.items():
        first = found.cells[places.index(link.removeprefix("#"))]
        assert first["patient"] == patient
        assert first["p_all"] == max(one["p_all"] for one in found.cells if one["patient"] == patient)
    assert set(links) == {"P", "Q"}


def test_without_patients_there_is_no_table_of_them(tmp_path: Path) -> None:
    found = report(tmp_path / "x.html", [row(patient="")])
    assert list(found.tables) == ["cells"]
    assert "No patient is known" in found.text


def test_a_patients_share_stands_in_a_sentence_and_in_a_bar(tmp_path: Path) -> None:
    rows = [row(path=str(number), patient="P", sha256=f"{number:064x}") for number in range(40)]
    found = report(tmp_path / "x.html", rows, card=CALIBRATED)
    answer = patient_answer(rows, CALIBRATED.share_rule)
    assert answer.share is not None
    assert found.tables["by-patient"][1][1] == answer.statement
    bars = {str(a["class"]): a for name, a in found.tags if name == "rect"}
    assert float(str(bars["best"]["x"])) == pytest.approx(100 * answer.share)
    assert float(str(bars["interval"]["x"])) == pytest.approx(100 * answer.low)
    assert float(str(bars["interval"]["width"])) == pytest.approx(100 * (answer.high - answer.low))
    assert float(str(bars["limit"]["x"])) == 20
    assert "It answers HEM below p(ALL) = 0.25, ALL above 0.75, and uncertain between." in found.text
    assert "Stained unlike" not in found.text
    assert "band</dt><dd>0.25, 0.75" in found.text


def test_another_stain_is_the_first_thing_said_of_patients(tmp_path: Path) -> None:
    rows = [row(path=str(number), patient="P <1>", hue=277.0, sha256=f"{number:064x}") for number in range(40)]
    found = report(tmp_path / "x.html", rows, card=CALIBRATED)
    patients = found.text[found.text.index('id="patients"') :]
    assert "Stained unlike every patient that the model knows: P &lt;1&gt;" in patients[: patients.index("<table")]
    assert found.tables["by-patient"][1][1].startswith("No share of blasts: stained unlike")
    assert found.tables["by-patient"][1][-1] == "277.0°"


def test_the_head_says_whose_cells_when_and_by_which_model(tmp_path: Path) -> None:
    rows = [row(path="a", judged_at="2026-03-14T09:04:59+00:00"), row(path="b", judged_at="2026-03-14T10:00:00+00:00")]
    text = report(tmp_path / "x.html", rows).text
    assert "<dd>2026-03-14 09:04 to 2026-03-14 10:00 UTC</dd>" in text
    assert "<dd>patient H3, 2 files</dd>" in text
    assert "<code>0123456789ab</code>" in text
    assert text.count("Signature") == 1


def test_the_head_tells_the_half_form_from_the_others(tmp_path: Path) -> None:
    small = replace(CARD, preprocess=replace(CARD.preprocess, size=112))
    assert "</code>, on cells of 112&nbsp;px</dd>" in report(tmp_path / "x.html", ODD, card=small).text
    assert "on cells of" not in report(tmp_path / "y.html", ODD).text


def test_a_verdict_is_said_in_words_and_p_all_in_two_digits(tmp_path: Path) -> None:
    found = report(tmp_path / "x.html", ODD)
    shown = {line[4]: (line[1], line[2]) for line in found.tables["cells"][1:]}
    assert shown["a.bmp"] == ("ALL · blast", "0.75")
    assert shown["z"] == ("HEM · normal", "0.00")
    assert shown["x"] == ("refused", "–")
    assert shown["y"] == ("not judged", "–")


def test_the_filters_list_what_there_is(tmp_path: Path) -> None:
    found = report(tmp_path / "x.html", [*ODD, *HOSTILE])
    values = [str(attributes["value"]) for name, attributes in found.tags if name == "option" and "value" in attributes]
    assert values == ["ALL", "HEM", "uncertain", "refused", "", "", '"&quot;&amp;', "<b>", "H3"]


def test_nothing_comes_from_elsewhere_and_nothing_else_runs(tmp_path: Path) -> None:
    found = report(tmp_path / "x.html", ODD, [seen(np.ones((7, 7), np.float32)) for one in ODD])
    for name, attributes in found.tags:
        for target in ("src", "href", "action", "srcset", "data", "poster"):
            value = attributes.get(target)
            assert value is None or value.startswith(("data:image/", "#")), (name, value)
        assert name not in ("link", "iframe", "object", "embed", "base")
    assert not re.search(r"url\(|@import|https?:|fetch\(|XMLHttp", found.text)
    (policy,) = (a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    for name in ("style", "script"):
        (inside,) = re.findall(rf"<{name}>(.*?)</{name}>", found.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in str(policy)
    assert "default-src 'none'" in str(policy)


def pictures_of(found: Report) -> list[Image.Image]:
    sources = [str(a["href"]) for name, a in found.tags if name == "image"]
    return [Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) for source in sources]


def test_the_cell_is_shown_with_its_map(tmp_path: Path) -> None:
    evidence = np.linspace(-3, 3, 49, dtype=np.float32).reshape(7, 7)
    found = report(tmp_path / "x.html", [row()], [seen(evidence)])
    cell, shades = pictures_of(found)
    assert (cell.format, cell.size, shades.format, shades.size) == ("JPEG", (112, 112), "PNG", (7, 7))
    small = np.asarray(Image.fromarray(CELL).resize((112, 112), Image.Resampling.BILINEAR), np.float64)
    assert np.abs(np.asarray(cell, np.float64) - small).mean() < 2  # measured 0.9
    grey = np.asarray(shades.convert("L")).ravel()
    assert (np.diff(grey.astype(int)) > 0).all()  # light speaks for ALL, in grey too
    (label,) = (str(a["aria-label"]) for name, a in found.tags if name == "svg")
    assert label == "The cell in cells/a.bmp, and the evidence in it: log-odds of ALL +0.00, " + (
        "strongest in row 1, column 1 (-3.00)"
    )


def test_the_colours_of_all_cells_end_at_the_same_value(tmp_path: Path) -> None:
    rows = [row(path=f"{n}", p_all=1 - n / 100) for n in range(20)]
    strengths = [1.0] * 19 + [50.0]
    found = report(
        tmp_path / "x.html",
        rows,
        [seen(np.full((7, 7), s, np.float32)) for s in strengths],
    )
    full = float(np.quantile(strengths, 0.95))
    maps = [np.asarray(one) for one in pictures_of(found) if one.format == "PNG"]
    assert all((one == maps[0]).all() for one in maps[:19])
    expected = np.asarray(Image.open(io.BytesIO(evidence_map(np.ones((7, 7), np.float32), full=full))))
    np.testing.assert_array_equal(maps[0], expected)
    assert maps[19][0, 0].tolist() == [254, 232, 56]
    assert f"+{full:.3g}" in found.text


@pytest.mark.parametrize("evidence", [np.zeros((7, 7), np.float32), np.full((2, 2), -1e30, np.float32)])
def test_any_map_can_be_drawn(tmp_path: Path, evidence: NDArray[np.float32]) -> None:
    _, shades = pictures_of(report(tmp_path / "x.html", [row()], [seen(evidence)]))
    assert shades.size == evidence.shape
    assert len(np.unique(np.asarray(shades).reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize(("value", "colour"), [(-9, (0, 34, 78)), (0, (125, 124, 120)), (9, (254, 232, 56))])
def test_dark_is_hem_grey_is_neither_light_is_all(value: float, colour: tuple[int, int, int]) -> None:
    picture = Image.open(io.BytesIO(evidence_map(np.full((7, 7), value, np.float32), full=9)))
    assert picture.getpixel((3, 3)) == colour


def test_a_file_without_a_picture_says_so(tmp_path: Path) -> None:
    found = report(tmp_path / "x.html", [row(), row(path="y")], [None, None])
    assert [line[0] for line in found.tables["cells"][1:]] == ["no picture", "no picture"]
    assert not pictures_of(found)


def test_a_network_without_maps_shows_the_cell_alone(tmp_path: Path) -> None:
    assert [one.format for one in pictures_of(report(tmp_path / "x.html", [row()], [seen()]))] == ["JPEG"]


def test_two_cells_do_not_share_a_picture(tmp_path: Path) -> None:
    rows = [row(path="a", p_all=0.9), row(path="b", p_all=0.8)]
    dark, light = np.zeros_like(CELL), np.full_like(CELL, 255)
    maps = np.ones((7, 7), np.float32)
    found = report(tmp_path / "x.html", rows, [seen(maps, dark), seen(maps, light)])
    cells = [np.asarray(one).mean() for one in pictures_of(found) if one.format == "JPEG"]
    assert cells == [0, 255]
    names = [str(a["id"]) for name, a in found.tags if name == "image" and "id" in a]
    uses = [str(a["href"]) for name, a in found.tags if name == "use"]
    assert len(set(names)) == 2
    assert uses == [f"#{name}" for name in names]


def test_headers_captions_and_names_for_who_does_not_see(tmp_path: Path) -> None:
    found = report(tmp_path / "x.html", ODD, [seen() for one in ODD])
    assert ("html", {"lang": "en"}) in found.tags
    assert all("alt" in a for name, a in found.tags if name == "img")
    assert all(a.get("role") == "img" and a.get("aria-label") for name, a in found.tags if name == "svg")
    assert all("scope" in a for name, a in found.tags if name == "th")
    names = [name for name, _ in found.tags]
    assert names.count("caption") == names.count("table") == 2
    assert names.count("label") == names.count("select") + names.count("input")


def test_the_model_and_what_it_is_not_for(tmp_path: Path) -> None:
    text = report(tmp_path / "x.html", ODD).text
    assert "a trained reader confirms each cell" in text
    assert "how it does on new patients is not known" in text
    assert "It is not for: a diagnosis" in text
    for fact in ("mobilenet_m", "0123456789ab", "crop 300, size 224", "seed 0", "nested (a 1)", "e" * 64):
        assert fact in text, fact


def test_a_subject_split_says_nothing_of_leaks(tmp_path: Path) -> None:
    assert (
        "new patients is not known" not in report(tmp_path / "x.html", ODD, card=replace(CARD, protocol="subject")).text
    )
