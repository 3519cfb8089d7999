"""Results → one report: HTML and Markdown from the same blocks, and a CSV for each table."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukolens.base import atomic, provenance
from leukolens.predict.classifier import Classifier
from leukolens.research import published as paper
from leukolens.research.data.split import Split
from leukolens.research.data.store import CellStore
from leukolens.research.evaluate.blocks import Block, Heading, Table, Text, to_html, to_markdown, write_tables
from leukolens.research.makem2025 import compared, figures, others, tables
from leukolens.research.makem2025.deviations import DEVIATIONS
from leukolens.research.makem2025.results import Result
from leukolens.research.settings import Augmentation, TrainSettings

_TIMED = 50
"""Images, one at a time, after one to warm up."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that a report is made of."""

    results: Sequence[Result]
    stores: Mapping[str, CellStore]
    """Fold → its cells."""
    splits: Mapping[str, Split]
    recipe: TrainSettings
    """MobileNet_M's."""
    examples: figures.Examples
    note: str | None = None
    """A sentence that stands on top."""


def write_report(material: Material, out: Path) -> Path:
    """report.html, report.md, tables/ and figures/ below `out`; returns the HTML's path."""
    blocks = _blocks(material, out / "figures")
    write_tables(blocks, out / "tables")
    atomic.write_text(out / "report.md", to_markdown(blocks, beside=out))
    atomic.write_text(out / "report.html", to_html(blocks, title="LeukoLens: the paper again"))
    return out / "report.html"


def _blocks(material: Material, folder: Path) -> list[Block]:
    results, stores, splits, recipe = material.results, material.stores, material.splits, material.recipe
    leak = " ".join(
        f"Fold {fold}: {len(split.shared_subjects(stores[fold].cells))} subjects stand in more than one part."
        for fold, split in splits.items()
    )
    blocks: list[Block] = [Heading(text="Makem, Tamas & Buşoniu 2025, again", level=1)]
    if material.note:
        blocks.append(Text(text=material.note, note=True))
    blocks += [
        Text(text=f"Split by image as in the paper: metrics flatter. {leak}", note=True),
        Text(
            text=f"Seed {recipe.seed}, {provenance.machine()}, code {provenance.commit() or 'released'}. Intervals: "
            "95 %, bootstrap over images. Published numbers stand beside measured ones; a row that was not run says so."
        ),
        Heading(text="Table 1: the split"),
        tables.table_1(stores, splits),
        Heading(text="Table 2: HEM before and after balancing"),
        tables.table_2(stores, splits, recipe),
        Heading(text="Figures 3 and 4: the pipeline"),
        *figures.stages(material.examples, recipe, folder),
        Heading(text="Table 3: augmentation"),
        tables.table_3(recipe.augmentation or Augmentation()),
        Heading(text="Table 4: the network"),
        tables.table_4(recipe),
        Heading(text="Table 5: training settings"),
        tables.table_5(recipe),
        Heading(text="Figure 6: training"),
        *figures.histories(results, folder),
        Heading(text="Figure 7: test noise"),
        figures.noise_levels(material.examples, recipe, folder),
        Heading(text="Tables 6–8: MobileNet_M, clean and noisy"),
        *_captioned(tables.tables_6_to_8(results)),
        Heading(text="Figure 8: confusion matrices"),
        *figures.confusions(results, folder),
        Heading(text="Table 9: ablation"),
        tables.table_9(results),
        Heading(text="Table 10: accuracy beside ALNett"),
        tables.table_10(results),
        Heading(text="Table 11: F1 beside others"),
        tables.table_11(results),
        Heading(text="Figure 9: beside other networks"),
        others.figure_9(results),
        Heading(text="Published accuracies beside ours"),
        others.published(results),
        *(Text(text=sentence) for sentence in others.orders(results)),
        Heading(text="Every system, same split, same evaluation"),
        tables.comparison(results),
        *compared.comparison(results, folder),
        Heading(text="What each network costs"),
        others.costs(results),
        *compared.accuracy_against_cost(results, folder),
        Heading(text="Papers that used the same networks"),
        others.same(results),
        Heading(text="Learning curves on the short schedule"),
        *compared.learning(results, folder),
        Heading(text="Prediction time"),
        _prediction_time(results, next(iter(stores.values()))),
        Heading(text="Where each row comes from"),
        tables.runs(results),
        Heading(text="Deviations: what the paper leaves open or gets wrong"),
        *(Text(text=f"{what}. {done}") for what, done in DEVIATIONS),
    ]
    return blocks


def _captioned(found: Sequence[Table]) -> list[Block]:
    blocks: list[Block] = []
    for table in found:
        blocks += [Heading(text=table.name.replace("_", " ").capitalize(), level=3), table]
    return blocks or [Text(text="not run")]


def _prediction_time(results: Sequence[Result], store: CellStore) -> Table:
    """Milliseconds an image, one at a time and on one core; crop and resize are left out, as in the paper."""
    rows = [(where, f"{value:g}") for where, value in paper.PREDICTION_MS.items()]
    done = [r for r in results if r.job.system.name == "mobilenet_m" and r.confusions]
    if done:
        classifier = Classifier(done[0].job.folder / "model.onnx")
        images = [np.asarray(store.pixels[row % len(store.cells)]) for row in range(_TIMED + 1)]
        classifier.probabilities(images[:1])
        started = time.perf_counter()
        for image in images[1:]:
            classifier.probabilities([image])
        taken = (time.perf_counter() - started) / _TIMED
        rows.append((f"here, one core: {provenance.machine()}", f"{taken * 1e3:.2f}"))
    return Table(name="prediction_time", columns=("where", "ms an image"), rows=tuple(rows))
