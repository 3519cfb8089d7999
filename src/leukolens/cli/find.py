"""`leukolens find`: the white cells of whole microscope fields and slides, cut out, outlined and listed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leukolens.cli import options
from leukolens.cli.exit_codes import FAILED, SOME_UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leukolens.predict.items import Item
    from leukolens.report.found_files import Summary


@click.command()
@click.argument("fields", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new or empty folder.")
@options.um_per_px()
@options.quiet
def find(fields: tuple[str, ...], out: Path, um_per_px: float | None) -> None:
    """Find the white cells in microscope fields and slides: cut-outs, masks, overlays, boxes.csv, GeoJSON for QuPath.

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
    from leukolens.report.found_cells import COLUMNS
    from leukolens.report.found_files import write_found

    items = gather(fields)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError("is not an empty folder", path=out, hint="Give another one")
    unread = 0

    def lines(folder: Path) -> "Iterator[dict[str, Any]]":
        nonlocal unread
        with track("finding", len(items), unit="fields") as advance:
            for name, item in zip(_names(items), items, strict=True):
                try:
                    _say(item.path, (yield from write_found(item.path, name, folder, um_per_px)))
                except ImageError as error:
                    unread += 1
                    print(error, file=sys.stderr)
                advance(1)

    with atomic.place_folder(out) as folder:
        atomic.write_csv(folder / "boxes.csv", COLUMNS, lines(folder))
    if unread:
        sys.exit(FAILED if unread == len(items) else SOME_UNREADABLE)


def _names(items: "list[Item]") -> list[str]:
    """A name a field for its files: the picture's, with a number where two pictures share it."""
    seen: dict[str, int] = {}
    names = []
    for item in items:
        stem = item.path.stem
        seen[stem] = seen.get(stem, 0) + 1
        names.append(stem if seen[stem] == 1 else f"{stem}.{seen[stem]}")
    return names


def _say(path: Path, done: "Summary") -> None:
    """Counts on stdout, reasons on stderr."""
    print(f"{path}: {done.found} white cells found, {done.lymphoid} lymphoid; {done.scale}")
    for reason, times in done.reasons.items():
        print(f"{path}: {reason}" + (f" ({times} tiles)" if times > 1 else ""), file=sys.stderr)
