"""`leukolens find`: the white cells of whole microscope fields, cut out, outlined and listed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leukolens.cli import options
from leukolens.cli.exit_codes import FAILED, SOME_UNREADABLE

if TYPE_CHECKING:
    from leukolens.cells.field import Field
    from leukolens.predict.items import Item


@click.command()
@click.argument("fields", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new or empty folder.")
@click.option(
    "--um-per-px",
    type=click.FloatRange(min=0.02, max=2.0),
    help="Micrometres per pixel; default the file's own, else from the red cells.",
)
@options.quiet
def find(fields: tuple[str, ...], out: Path, um_per_px: float | None) -> None:
    """Find the white cells in microscope fields: cut-outs, masks, overlays, boxes.csv, GeoJSON for QuPath.

    FIELDS: files, folders (with all below them) or quoted globs.

    Exit code 0: every field was read; 3: some could not be read, and each is named with its reason; 1: none
    could be read.
    """
    from leukolens.base import atomic
    from leukolens.base.errors import ImageError, OutputError
    from leukolens.base.extras import require
    from leukolens.base.progress import track
    from leukolens.predict.items import gather

    require("cv2", extra="fields")
    from leukolens.report.found_cells import COLUMNS, rows

    items = gather(fields)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError("is not an empty folder", path=out, hint="Give another one")
    lines: list[dict[str, Any]] = []
    read = 0
    with atomic.place_folder(out) as folder, track("finding", len(items), unit="fields") as advance:
        for name, item in zip(_names(items), items, strict=True):
            try:
                field = _find_one(item.path, name, folder, um_per_px)
            except ImageError as error:
                print(error, file=sys.stderr)
            else:
                read += 1
                lines += rows(name, field)
                _say(item.path, field)
            advance(1)
        atomic.write_csv(folder / "boxes.csv", COLUMNS, lines)
    if read < len(items):
        sys.exit(SOME_UNREADABLE if read else FAILED)


def _names(items: "list[Item]") -> list[str]:
    """A name a field for its files: the picture's, with a number where two pictures share it."""
    seen: dict[str, int] = {}
    names = []
    for item in items:
        stem = item.path.stem
        seen[stem] = seen.get(stem, 0) + 1
        names.append(stem if seen[stem] == 1 else f"{stem}.{seen[stem]}")
    return names


def _find_one(path: Path, name: str, folder: Path, um_per_px: float | None) -> "Field":
    """Read one field and write all that is asked of it. Raises ImageError for a file that is not a field."""
    from PIL import Image

    from leukolens.base import atomic
    from leukolens.base.errors import ImageError
    from leukolens.cells.cut_out import cut_out
    from leukolens.cells.field import read_field
    from leukolens.cells.picture import picture_kind
    from leukolens.images.decode import decode_rgb, read_file
    from leukolens.images.scale import read_scale
    from leukolens.report.found_cells import geojson, mask, overlay

    data = read_file(path)
    rgb = decode_rgb(data, name=path)
    if picture_kind(rgb) == "cut-out":
        hint = "Give it to `leukolens predict` as it is"
        raise ImageError("is a cut-out already: one cell on black", path=path, hint=hint)
    told = None if um_per_px is not None else read_scale(data)
    scale, source = (um_per_px, "given") if told is None else (told.um_per_px, told.source)
    field = read_field(rgb, scale, source=source)
    atomic.write_json(folder / f"{name}.geojson", geojson(field.cells))
    Image.fromarray(overlay(rgb, field.cells)).save(folder / f"{name}.overlay.png")
    Image.fromarray(mask((rgb.shape[0], rgb.shape[1]), field.cells)).save(folder / f"{name}.mask.png")
    if field.scale is not None:
        for number, cell in enumerate(field.cells, 1):
            image = Image.fromarray(cut_out(rgb, cell, um_per_px=field.scale.um_per_px))
            image.save(folder / f"{name}.{number}.png")
    return field


def _say(path: Path, field: "Field") -> None:
    """Counts on stdout, reasons on stderr."""
    lymphoid = sum(cell.kind == "lymphoid" for cell in field.cells)
    scale = "no scale"
    if field.scale is not None:
        scale = f"{field.scale.um_per_px:.3f} µm per px ± {100 * field.scale.error:.0f} % ({field.scale.source})"
    print(f"{path}: {len(field.cells)} white cells found, {lymphoid} lymphoid; {scale}")
    for reason in field.reasons:
        print(f"{path}: {reason.text}. {reason.hint}", file=sys.stderr)
