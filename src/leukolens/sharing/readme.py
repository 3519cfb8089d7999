"""What a README says of a model: the facts on the card inside its file, and what LeukoLens does around the bare graph.

Markdown, the same for the same file.
"""

from pathlib import Path

from leukolens.base.errors import ModelError
from leukolens.cells.quality import QualityLimits
from leukolens.model.network_file import NetworkFile


def of_the_bare_graph(opened: NetworkFile, written: Path | None) -> str:
    """For programs that run the graph alone: what their reader must know, before the card, which may be long."""
    return f"""# LeukoLens {opened.card.model_id} for bioimage.io

For research, not for diagnosis: a trained reader confirms each cell.

{around(opened)}
## Validation

The test in this package, a drawn cell, shows that a program computes what LeukoLens computes, and nothing about
leukemia. How well the model does on your own cells, patients held apart:
`leukolens evaluate --case day.case --truth truth.csv`.

{told(opened, written)}"""


def told(opened: NetworkFile, written: Path | None) -> str:
    """The text of a card that was written, as MODEL_CARD.md; without one, the facts. Raises ModelError."""
    if written is None:
        return facts(opened)
    try:
        return written.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "Give the MODEL_CARD.md that `leukolens release` wrote, or no --card"
        raise ModelError(f"cannot be read as a card ({error})", path=written, hint=hint) from error


def facts(opened: NetworkFile) -> str:
    """Heading, purpose, the safeguards that it lacks, and a table."""
    card = opened.card
    rows = {
        "model": card.model_id,
        "network": card.network,
        "classes": ", ".join(card.labels),
        "protocol": card.protocol,
        "calibration": card.calibration or "none",
        "made": card.created,
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    lacking = card.lacking(distance=opened.reference is not None)
    return (
        f"# LeukoLens {card.model_id}\n\n{f'For research; a trained reader confirms each cell. {lacking}'.rstrip()}\n\n"
        f"| what | value |\n|---|---|\n{table}\n"
    )


def around(opened: NetworkFile) -> str:
    """What stands before and after the graph; whoever runs the graph elsewhere goes without it."""
    card, crop, size = opened.card, opened.card.preprocess.crop, opened.card.preprocess.size
    limits = unlike = "not done: this model has no such limit"
    if card.quality is not None:
        limits = _limits(card.quality)
    if opened.reference is not None:
        unlike = f"its features lie farther than {opened.reference.limit:.3g} from those of the training cells"
    band = "" if card.band is None else f", and 'uncertain' from {card.band[0]:.4g} to {card.band[1]:.4g}"
    rows = (
        ("before", "takes one white cell, cut out on black, at the scale and in the colours of the training cells"),
        ("before", f"refuses a picture outside its limits: {limits}"),
        ("before", f"takes the middle {crop} × {crop} px, resized to {size} × {size} px (bilinear, antialiased)"),
        ("after", f"refuses a cell unlike those that it knows: {unlike}"),
        ("after", f"makes a probability of ALL: 1 / (1 + exp(-logit / {card.temperature:.4g}))"),
        ("after", f"gives a verdict: ALL from {card.threshold:.4g}, HEM below{band}"),
    )
    table = "\n".join(f"| {when} | {what} |" for when, what in rows)
    return f"""## What only LeukoLens does

`model.onnx` is the bare graph. It answers to any picture; for one that LeukoLens refuses, its number means nothing.
LeukoLens reads the same file and does the rest: `leukolens predict cells --model model.onnx`.

| when | what LeukoLens does |
|---|---|
{table}
"""


def _limits(limits: QualityLimits) -> str:
    return (
        f"background up to {limits.background:g} of 255, saturation from {limits.saturation:g}, hue from "
        f"{limits.lowest_hue:g} to {limits.highest_hue:g}°, up to {limits.cells} cell, up to {limits.border} px of the "
        f"border lit, up to {limits.offset:g} px from the middle, area from {limits.smallest_area:,} to "
        f"{limits.largest_area:,} px², sharpness from {limits.sharpness:g} %, grain up to {limits.grain:g} %"
    )
