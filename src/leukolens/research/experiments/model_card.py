"""Card and experiment results → MODEL_CARD.md. Every number in it is read from them; the sentences are about the task.

Order of Mitchell et al. 2019 (arXiv 1810.03993); the last table maps TRIPOD+AI (Collins et al. 2024, BMJ 385:e078378)
and CLAIM (Mongan et al. 2020, Radiol Artif Intell 2:e200029).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from leukolens.decide.share import ShareRule
from leukolens.images.cnmc_names import LABELS
from leukolens.model.card import ModelCard
from leukolens.research.data.cell import Cell
from leukolens.research.experiments.benchmark_report import METRICS, mean_of, name_of, patients, shown
from leukolens.research.experiments.measure import ERROR, SENSITIVITY

Result = Mapping[str, Any]
"""An experiment's held_out.json."""

USE = """\
**Intended use.** Research, and a second opinion beside a trained reader, who confirms each cell. Input: one lymphoid
cell, cut out on black, at the scale and in the colours of {like}.

**Not for.** Diagnosis, screening or treatment decisions; other diseases, stains, microscopes or tissues; whole fields
without segmentation; cells that are neither lymphoblasts nor lymphoid precursors. It has no regulatory clearance.

**Data.** {data}"""
_CNMC_LIKE = "C-NMC 2019 (bone marrow, 450 × 450 px)"
_CNMC = """\
C-NMC 2019 (Gupta & Gupta 2019, The Cancer Imaging Archive; third parties describe its licence as CC BY 3.0,
check at the source), one laboratory, segmented and stain-normalised by its authors; from ImageNet weights (Apache-2.0
and MIT by their redistributors). Age, sex and subtype of the subjects are not published, so fairness across them cannot
be measured."""

PATIENTS = """\
A patient gets the share of blasts among the judged lymphoid cells with an interval, never a class. How often the
interval holds the true share, on mixtures of held-out subjects' cells: docs/results/blast-share.md."""

HAZARDS = (
    (
        "a donor unlike all of training",
        "whole patients judged wrongly, with confidence",
        "metrics by subject; the band; a reader confirms",
    ),
    (
        "size as a shortcut",
        "large normal cells called ALL, small blasts missed",
        "AUROC among cells of like area beside AUROC",
    ),
    (
        "another stain, focus or scale",
        "probabilities that no longer mean what they say",
        "the table of conditions; refusal of what is unlike C-NMC; no share of blasts on another hue",
    ),
    ("few HEM donors", "specificity known poorly", "intervals over subjects"),
    (
        "labels by subject",
        "normal cells of ALL patients are labelled ALL",
        "the share is of judged cells, not a marrow count",
    ),
    ("trust by habit", "errors waved through", "'uncertain' and 'refused' are answers; evidence maps"),
)

ITEMS = (
    ("TRIPOD+AI 3, 4; CLAIM 3, 4, 6", "background, objective", "Use; README.md"),
    ("TRIPOD+AI 5, 6; CLAIM 5, 7, 8, 10", "data, participants", "Data; docs/data.md"),
    ("TRIPOD+AI 7; CLAIM 9, 12", "preparation", "Training; src/leukolens/model/preprocess.py"),
    ("TRIPOD+AI 8; CLAIM 14–18", "outcome, ground truth", "Data: the labels are C-NMC's, by subject"),
    ("TRIPOD+AI 9; CLAIM 11", "predictors", "one image of one cell, nothing else"),
    ("TRIPOD+AI 10; CLAIM 19", "sample size", "Subjects; all there are"),
    ("TRIPOD+AI 11; CLAIM 13", "missing data", "an unreadable file stops a training and is named"),
    ("TRIPOD+AI 12, 22; CLAIM 22–27", "model and training", "Training; dev/log"),
    ("TRIPOD+AI 13", "class imbalance", "Training: settings.balance"),
    ("TRIPOD+AI 14; CLAIM 34", "fairness, demographics", "Data: not published, cannot be measured"),
    ("TRIPOD+AI 15; CLAIM 31", "output, explanation", "Calibration; docs/predictions.md; the evidence map"),
    ("TRIPOD+AI 16; CLAIM 20, 21", "training and evaluation apart", "Held-out subjects: by subject and by bytes"),
    ("TRIPOD+AI 12e; CLAIM 28–30", "measures, uncertainty, robustness", "Held-out subjects; Other conditions"),
    ("TRIPOD+AI 17, 19", "ethics, patients' part", "C-NMC's authors for the data; nothing further was done here"),
    ("TRIPOD+AI 18; CLAIM 40–42", "protocol, code, funding", "this repository; no funding, no registration"),
    ("TRIPOD+AI 20, 21, 23; CLAIM 33, 35–37", "results, failures", "Held-out subjects; Subjects"),
    ("CLAIM 32", "external data", "none in this card; for the models that ship, docs/results/elsewhere.md"),
    ("TRIPOD+AI 25–27; CLAIM 38, 39", "limits, use", "Use; Hazards"),
)


def described(cells: Sequence[Cell]) -> str:
    """Own cells in sentences, for the card of a model that is not of C-NMC."""
    counts = [
        f"{sum(cell.label == label for cell in cells)} {label.upper()} cells of "
        f"{len({cell.subject for cell in cells if cell.label == label})} subjects"
        for label in LABELS[::-1]
    ]
    return (
        f"The owner's own: {' and '.join(counts)}. Where they were taken, by which stain and microscope, who labelled "
        "them, with whose consent and under what licence is not in this file: **say it here**, with age, sex and "
        "subtype where they are known. The limits on an image are those of C-NMC's cells."
    )


def model_card(
    card: ModelCard, results: Sequence[Result], why_no_band: str, why_no_rule: str, *, own_data: str = ""
) -> str:
    """The text. results: of the recipe's experiments on held-out subjects; why_no_…: '' where there is one; own_data:
    what the cells are where they are not C-NMC's (`described`)."""
    use = USE.format(like="the cells it was trained on" if own_data else _CNMC_LIKE, data=own_data or _CNMC)
    items = [(name, about, _own_answer(where) if own_data else where) for name, about, where in ITEMS]
    parts = [
        f"# Model card: LeukoLens {card.model_id}\n\nWritten by `leukolens release` from the card and the experiments.",
        f"## Use and data\n\n{use}",
        f"## Training\n\n{_training(card)}",
        "## Held-out subjects\n\nNo one is left to test this very model on: it was trained on every subject. These are "
        "the experiments of the same recipe, each tested on subjects that its training had not seen; intervals: 95 %, "
        f"bootstrap over subjects.\n\n{_metrics(results)}",
        f"## Subjects\n\nShare of each subject's cells judged rightly, worst first.\n\n{_subjects(results)}",
        f"## Patients\n\n{PATIENTS}\n\n{_patients(results)}".rstrip(),
        f"## Other conditions\n\n{_conditions(results)}",
        f"## Calibration\n\n{_calibration(card, why_no_band, why_no_rule)}",
        "## Hazards\n\n" + _table(("hazard", "what it does", "what stands against it"), HAZARDS),
        "## Where TRIPOD+AI and CLAIM are answered\n\n" + _table(("items", "about", "where"), items),
    ]
    return "\n\n".join(parts) + "\n"


def _own_answer(where: str) -> str:
    """An answer to TRIPOD+AI and CLAIM that speaks of C-NMC → one for own cells."""
    of_cnmc = "C-NMC" in where or "not published" in where or "docs/data.md" in where or where.startswith("none: one")
    return "Data: the owner's to say" if of_cnmc else where


def _training(card: ModelCard) -> str:
    rows = [
        ("model", card.model_id),
        ("network", card.network),
        ("trained on", "every cell of the folds" if card.protocol == "all" else card.protocol),
        ("start", card.init),
        ("input", f"{card.preprocess.crop} px centre crop → {card.preprocess.size} px, {card.input_range}"),
        *((f"settings.{key}", str(value)) for key, value in card.settings.items() if key != "preprocess"),
        *((key.replace("_", " "), f"{value:g}") for key, value in card.metrics.items()),
        ("data", card.data_hash[:16]),
        ("code", card.commit or "released"),
        ("made", card.created),
    ]
    return _table(("what", "value"), rows)


def _metrics(results: Sequence[Result]) -> str:
    rows = [
        (key.replace("_", " "), mean_of(results, key), *(shown(r["metrics"][key]) for r in results)) for key in METRICS
    ]
    return _table(("metric", "mean", *map(name_of, results)), rows)


def _subjects(results: Sequence[Result]) -> str:
    found = [(row["right"], name_of(result), row) for result in results for row in result["subjects"]]
    rows = [
        (name, row["subject"], row["label"].upper(), str(row["cells"]), f"{right:.3f}", f"{row['mean_p_all']:.3f}")
        for right, name, row in sorted(found, key=lambda item: item[0])
    ]
    return _table(("experiment", "subject", "class", "cells", "judged rightly", "mean p(ALL)"), rows)


def _patients(results: Sequence[Result]) -> str:
    found = patients(results)
    return _table(found.columns, found.rows) if found.rows else ""


def _conditions(results: Sequence[Result]) -> str:
    rows = [
        (name_of(result), name, *(f"{values[key]:.3f}" for key in ("sensitivity", "specificity", "auroc")))
        for result in results
        for name, values in result["conditions"].items()
    ]
    return _table(("experiment", "condition", "sensitivity", "specificity", "AUROC"), rows)


def _calibration(card: ModelCard, why_no_band: str, why_no_rule: str) -> str:
    band, rule = card.band, card.share_rule
    rows = [
        ("fitted on", card.calibration),
        ("temperature", f"{card.temperature:.3f}"),
        (f"threshold, for a sensitivity of {SENSITIVITY:.0%}", f"{card.threshold:.3f}"),
        (
            f"uncertain, so that a new subject's cells are answered wrongly in at most {ERROR:.0%}",
            why_no_band if band is None else f"p(ALL) from {band[0]:.3f} to {band[1]:.3f}",
        ),
        ("patient", why_no_rule if rule is None else _rule(rule)),
    ]
    if card.quality is not None:
        rows.append(("refused", "what the quality checks or the distance of its features find unlike C-NMC's cells"))
    return _table(("what", "value"), rows)


def _rule(rule: ShareRule) -> str:
    return (
        f"share of blasts among the judged lymphoid cells, from {rule.min_cells} cells on, by {len(rule.blasts)} "
        f"plausible subjects' blasts and {len(rule.normal)} subjects' normal cells; in its interval every share whose "
        f"likelihood is at least {rule.support:g} of the largest, more than {rule.worth:g} cells counting as "
        f"{rule.worth:g}; limit {rule.limit:.0%} ({rule.source})"
        + ("; none where the cells' mean hue lies outside {:.1f}–{:.1f}°".format(*rule.hues) if rule.hues else "")
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join("| " + " | ".join(line) + " |" for line in lines)
        .replace("| --- |", "|---|")
        .replace(" --- |", "---|")
    )
