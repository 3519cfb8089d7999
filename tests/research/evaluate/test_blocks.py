"""evaluation.page: the same blocks as HTML, Markdown and CSV."""

from pathlib import Path

import pytest
from PIL import Image

from leukolens.research.evaluate.blocks import Block, Heading, Picture, Table, Text, to_html, to_markdown, write_tables

TABLE = Table(name="t_1", columns=("σ", "a < b"), rows=(("0", "x & y"), ("5", "–")))


@pytest.fixture
def blocks(tmp_path: Path) -> list[Block]:
    (tmp_path / "figures").mkdir()
    Image.new("RGB", (2, 2)).save(tmp_path / "figures" / "dot.png")
    picture = Picture(path=tmp_path / "figures" / "dot.png", caption="A dot")
    return [Heading(text="Title", level=1), Text(text="Beware", note=True), Text(text="Plain"), TABLE, picture]


def test_html_is_one_file_and_escapes(blocks: list[Block]) -> None:
    page = to_html(blocks, title="T")
    assert "a &lt; b" in page
    assert "x &amp; y" in page
    assert "data:image/png;base64," in page
    assert "http" not in page
    assert "<p class=note>Beware</p>" in page


def test_markdown_links_pictures_beside_it(blocks: list[Block], tmp_path: Path) -> None:
    text = to_markdown(blocks, beside=tmp_path)
    assert text.startswith("# Title\n\n> Beware\n\nPlain\n\n| σ | a < b |\n|---|---|\n| 0 | x & y |\n")
    assert "![A dot](figures/dot.png)" in text


def test_each_table_is_a_csv(blocks: list[Block], tmp_path: Path) -> None:
    write_tables(blocks, tmp_path / "tables")
    assert (tmp_path / "tables" / "t_1.csv").read_text() == "σ,a < b\n0,x & y\n5,–\n"
