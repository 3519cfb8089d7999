import csv
import json

from click.testing import CliRunner
from PIL import Image
from qupath import opens

from leukolens.cli import app
from leukolens.research.data.phantom_fields import FieldSettings, draw_field


def test_find_writes_cut_outs_masks_overlays_and_tables(tmp_path):
    Image.fromarray(draw_field(FieldSettings()).rgb).save(tmp_path / "slide.png")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = CliRunner().invoke(app, ["find", str(tmp_path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 3, done.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"boxes.csv", "slide.geojson", "slide.overlay.png", "slide.mask.png", "slide.1.png", "slide.2.png"}
    with (tmp_path / "out" / "boxes.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["field"], line["cell"]) for line in lines] == [("slide", "1"), ("slide", "2")]
    assert opens(json.loads((tmp_path / "out" / "slide.geojson").read_text())) == 2


def test_find_does_not_write_over_what_is_there(tmp_path):
    Image.fromarray(draw_field(FieldSettings()).rgb).save(tmp_path / "slide.png")
    done = CliRunner().invoke(app, ["find", str(tmp_path / "slide.png"), "--out", str(tmp_path)])
    assert done.exit_code == 1
