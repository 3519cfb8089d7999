"""Experiments → one report: metrics with intervals, what the leak is worth, shortcuts, conditions, reliability."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from leukolens.base import atomic, provenance
from leukolens.research.evaluate.blocks import Block, Heading, Picture, Table, Text, to_html, to_markdown, write_tables
from leukolens.research.experiments.experiment import RESULT, Experiment
from leukolens.research.experiments.measure import AS_MANY, ERROR, SENSITIVITY
from leukolens.research.experiments.patients import counted

METRICS = (
    "weighted_f1",
    "f1",
    "accuracy",
    "auroc",
    "auroc_area_matched",
    "auprc",
    "sensitivity",
    "specificity",
    "sensitivity_at_90_specificity",
    "sensitivity_at_95_specificity",
    "specificity_at_95_sensitivity",
    "brier",
    "ece",
)
"""In the order of the table."""
_WORST = 5
"""Subjects that a table names."""

Shortcuts = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Protocol → shortcut → its result."""


def write_report(
    experiments: Sequence[Experiment], shortcuts: Shortcuts, out: Path, *, note: str | None = None
) -> Path:
    """report.html, report.md, tables/ and figures/ below `out`, of the experiments done; returns the HTML's path."""
    results = [json.loads((experiment.folder / RESULT).read_text()) for experiment in experiments if experiment.done]
    blocks: list[Block] = [Heading(text="Patients never seen", level=1)]
    if note:
        blocks.append(Text(text=note, note=True))
    blocks += [
        Text(
            text="Training, inner validation and test share no subject and no image. Temperature, threshold "
            f"(sensitivity {SENSITIVITY:.0%} on inner validation), band and share rule are fitted on inner "
            "validation subjects or, where a recipe chooses nothing by them, on all training subjects, each answered "
            "by a network that had not seen it; the test is opened once. Intervals: 95 %, bootstrap over subjects "
            "within each class. They say how far the subjects of this test differ, and nothing about a donor unlike "
            "them."
        ),
        Text(text=f"{provenance.machine()}, code {provenance.commit() or 'released'}."),
        *_missing(experiments),
        Heading(text="Held-out subjects"),
        _means([r for r in results if not r["shared_subjects"]]),
        _metrics("held_out", [r for r in results if not r["shared_subjects"]]),
        Heading(text="Subjects judged worst"),
        _subjects([r for r in results if not r["shared_subjects"]]),
        Heading(text="Patients"),
        Text(
            text="The share of blasts among a patient's cells, by a rule fitted on the subjects that calibrated. Right "
            "is 'clearly above' of a patient with blasts only and 'no sign' of one without; 'cannot tell' is an answer."
        ),
        patients([r for r in results if not r["shared_subjects"]]),
        Heading(text="What the leak is worth"),
        Text(text="The same recipe, cells and sizes, dealt by image (subjects leak) and by subject."),
        _inflation(results),
        Heading(text="Shortcuts: size, colour, outline or texture alone"),
        _shortcuts(shortcuts),
        Heading(text="The same test cells under other conditions"),
        Text(text=f"At most {AS_MANY} of each test's cells, drawn at random, the same for every condition."),
        _conditions([r for r in results if not r["shared_subjects"]]),
        Heading(text="Calibration and the three answers"),
        _calibration([r for r in results if not r["shared_subjects"]]),
        *_reliability([r for r in results if not r["shared_subjects"]], out / "figures"),
    ]
    write_tables(blocks, out / "tables")
    atomic.write_text(out / "report.md", to_markdown(blocks, beside=out))
    atomic.write_text(out / "report.html", to_html(blocks, title="LeukoLens: patients never seen"))
    return out / "report.html"


def _missing(experiments: Sequence[Experiment]) -> list[Text]:
    names = [
        f"{experiment.recipe}, {experiment.protocol}, seed {experiment.split.seed}"
        for experiment in experiments
        if not experiment.done
    ]
    return [Text(text=f"Not run: {'; '.join(names)}.", note=True)] if names else []


def name_of(result: Mapping[str, Any]) -> str:
    """'paper, test fold 1, seed 0'."""
    return f"{result['recipe']}, {result['protocol']}, seed {result['seed']}"


def shown(metric: Mapping[str, float]) -> str:
    """The value with its interval."""
    return f"{metric['value']:.3f} [{metric['low']:.3f}–{metric['high']:.3f}]"


def mean_of(results: Sequence[Mapping[str, Any]], key: str) -> str:
    """A metric's mean over experiments."""
    return f"{sum(result['metrics'][key]['value'] for result in results) / len(results):.3f}"


def _means(results: Sequence[Mapping[str, Any]]) -> Table:
    """Each recipe's mean over its tests, seed by seed: what another seed changes."""
    named = [(f"{result['recipe']}, seed {result['seed']}", result) for result in results]
    of = {name: [result for other, result in named if other == name] for name in dict(named)}
    rows = [(key.replace("_", " "), *(mean_of(of[name], key) for name in of)) for key in METRICS]
    columns = ("mean over tests", *(f"{name}, {len(of[name])} tests" for name in of))
    return Table(name="means", columns=columns, rows=tuple(rows))


def _metrics(name: str, results: Sequence[Mapping[str, Any]]) -> Table:
    rows = [(key.replace("_", " "), *(shown(r["metrics"][key]) for r in results)) for key in METRICS]
    return Table(name=name, columns=("metric [95 %]", *map(name_of, results)), rows=tuple(rows))


def _subjects(results: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for result in results:
        for row in result["subjects"][:_WORST]:
            label, mean = row["label"].upper(), f"{row['mean_p_all']:.3f}"
            rows.append((name_of(result), row["subject"], label, str(row["cells"]), f"{row['right']:.3f}", mean))
    columns = ("experiment", "subject", "class", "cells", "judged rightly", "mean p(ALL)")
    return Table(name="worst_subjects", columns=columns, rows=tuple(rows))


def patients(results: Sequence[Mapping[str, Any]]) -> Table:
    """What became of each experiment's tested patients. Those of version 0.1 had no share rule and are left out."""
    rows = []
    for result in (one for one in results if "patients" in one):
        found = result["patients"]
        groups = counted(found)
        rule = found["why_no_rule"] or f"from {found['rule']['min_cells']} cells on, limit {found['rule']['limit']:.0%}"
        wrong = ", ".join(groups["wrong"])
        rows.append((name_of(result), rule, *(str(len(group)) for group in groups.values()), wrong))
    columns = ("experiment", "share of blasts", *counted({"patients": []}), "who is wrong")
    return Table(name="patients", columns=columns, rows=tuple(rows))


def _inflation(results: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for leaking in (r for r in results if r["shared_subjects"]):
        honest = next(
            (r for r in results if f"{name_of(r)}" == name_of(leaking).replace(", by image", "")),
            None,
        )
        if honest is None:
            continue
        for key in ("weighted_f1", "accuracy", "auroc", "sensitivity", "specificity"):
            by_image, by_subject = (r["metrics"][key]["value"] for r in (leaking, honest))
            difference = f"{100 * (by_image - by_subject):+.1f}"
            rows.append((name_of(honest), key.replace("_", " "), f"{by_image:.3f}", f"{by_subject:.3f}", difference))
    columns = ("experiment", "metric", "by image", "by subject", "inflation, points")
    return Table(name="inflation", columns=columns, rows=tuple(rows))


def _shortcuts(shortcuts: Shortcuts) -> Table:
    keys = ("auroc", "auroc_area_matched", "weighted_f1", "specificity_at_95_sensitivity")
    rows = [
        (protocol, name, *(shown(result["metrics"][key]) for key in keys))
        for protocol, named in shortcuts.items()
        for name, result in named.items()
    ]
    columns = ("test", "what is looked at", *(key.replace("_", " ") for key in keys))
    return Table(name="shortcuts", columns=columns, rows=tuple(rows))


def _conditions(results: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for result in results:
        for name, values in result["conditions"].items():
            numbers = (f"{values[key]:.3f}" for key in ("sensitivity", "specificity", "auroc"))
            rows.append((name_of(result), name, *numbers))
    columns = ("experiment", "condition", "sensitivity", "specificity", "AUROC")
    return Table(name="conditions", columns=columns, rows=tuple(rows))


def _calibration(results: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for result in results:
        fitted, three = result["calibration"], result["three_answers"]
        band = fitted["why_no_band"] if fitted["band"] is None else "{:.3f}–{:.3f}".format(*fitted["band"])
        answers = ("", "", "") if three is None else tuple(f"{three[k]:.3f}" for k in _THREE)
        rows.append((name_of(result), f"{fitted['temperature']:.2f}", f"{fitted['threshold']:.3f}", band, *answers))
    columns = (
        "experiment",
        "temperature",
        "threshold",
        f"band for an error of {ERROR:.0%}",
        "answered",
        "error among them",
        "mean loss of a subject",
    )
    return Table(name="calibration", columns=columns, rows=tuple(rows))


_THREE = ("answered", "error_answered", "subject_loss")


def _reliability(results: Sequence[Mapping[str, Any]], folder: Path) -> list[Picture]:
    if not results:
        return []
    figure = Figure(figsize=(3.2 * len(results), 3.2))
    for place, result in enumerate(results):
        axes = figure.add_subplot(1, len(results), place + 1)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        bins = result["reliability"]
        axes.plot(bins["mean_p"], bins["share_all"], "o-", color="black", markersize=3)
        axes.set_title(name_of(result), fontsize=8)
        axes.set_xlabel("mean p(ALL)", fontsize=8)
        axes.set_ylabel("share ALL", fontsize=8)
    path = folder / "reliability.png"
    atomic.write_png(path, figure)
    return [Picture(path=path, caption="Reliability: on the line, a probability means what it says")]
