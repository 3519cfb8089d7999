"""How well whole fields are read, by source: the tables of docs/results/finding.md.

    python studies/finding.py --data ../shared/data [--every 4] [--parts boxes outlines answers]
    python studies/finding.py --parts boxes --without bccd=FILE txl_pbc=FILE [--forest] [--ssd deepbionet=FILE ...]

Beside the finder stand the plain way (Otsu's threshold and a watershed) and two published ones that learn from the same
pictures: a pixel forest (`finding_forest.py`) and SSDlite (`finding_ssd.py`). The finder that ships was trained on bccd
and txl_pbc; `--without` takes networks that never saw the source (`train_finder.py OUT STEPS SOURCE`).
"""

import argparse
from pathlib import Path

import finding_answers
import finding_outlines
from finding_boxes import Finds, finder, otsu, scales, table
from finding_sources import BOXED

from leukolens import Classifier
from leukolens.cells.network import SHIPPED
from leukolens.model import network_file

PARTS = ("boxes", "outlines", "answers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--every", type=int, default=1, help="every nth picture")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--sources", nargs="+", choices=list(BOXED), default=list(BOXED), help="of the boxes")
    parser.add_argument("--without", nargs="*", default=[], metavar="SOURCE=FILE")
    parser.add_argument("--forest", action="store_true", help="train and measure the pixel forest too")
    parser.add_argument("--ssd", nargs="*", default=[], metavar="SOURCE=FILE")
    options = parser.parse_args()
    if "boxes" in options.parts:
        boxes(options)
    if "outlines" in options.parts:
        finding_outlines.plasma_cells(options.data / "fields", every=options.every)
        finding_outlines.single_cells(options.data / "fields", every=options.every)
    if "answers" in options.parts:
        answers(options.data, every=options.every)


def boxes(options: argparse.Namespace) -> None:
    fields = options.data / "fields"
    sources = {name: list(BOXED[name](fields))[:: options.every] for name in options.sources}
    ways: dict[str, dict[str, Finds]] = {
        "finder that ships": dict.fromkeys(BOXED, finder(SHIPPED)),
        "finder trained without the source": {name: finder(path) for name, path in pairs(options.without)},
        "Otsu and watershed": dict.fromkeys(BOXED, otsu),
    }
    if options.forest:
        import finding_forest

        ways["pixel forest trained without the source"] = {
            name: finding_forest.trained(fields, without=name, seed=0) for name in sources
        }
    if options.ssd:
        import finding_ssd

        ways["SSDlite trained without the source"] = {
            name: finding_ssd.finds(path) for name, path in pairs(options.ssd)
        }
    table(sources, ways)
    scales(sources)


def pairs(given: list[str]) -> list[tuple[str, Path]]:
    """SOURCE=FILE, each."""
    return [(name, Path(path)) for name, _, path in (one.partition("=") for one in given)]


def answers(data: Path, *, every: int) -> None:
    classifier = Classifier(network_file.SHIPPED)
    finding_answers.red_cells_alone(data, classifier, every=every)
    finding_answers.kinds(data, classifier, every=every)
    finding_answers.blasts(data, classifier, every=every)
    finding_answers.too_coarse(data, classifier, every=every)
    finding_answers.camera_fields(data, classifier)
    finding_answers.camera_field(data)


if __name__ == "__main__":
    main()
