"""`leukolens evaluate`: a finished run's test tables."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a finished `leukolens train`.")],
    sigma: Annotated[
        list[float] | None, typer.Option(help="Test noise, 0–255 scale; repeat, or give several after one --sigma.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the test noise.")] = 0,
    data: Annotated[Path | None, typer.Option(help="Where the cells stand now, if they moved.")] = None,
    part: Annotated[
        str, typer.Option(help="'train' and 'val' are only printed: what training saw is no result.")
    ] = "test",
    note: Annotated[str | None, typer.Option(help="A sentence to stand on top of the report.")] = None,
) -> None:
    """Measure the exported model on its test part, clean and noisy, beside the paper's rows.

    Writes metrics.json, noise_table.md, predictions.csv, confusion.png, roc.png and report.html into the run's folder.
    """
    from leukolens import atomic
    from leukolens.cli.choices import one_of
    from leukolens.dataset.split import PARTS
    from leukolens.evaluation import evaluate as evaluation
    from leukolens.evaluation import pictures
    from leukolens.evaluation.page import Table, to_markdown
    from leukolens.evaluation.report import write_report
    from leukolens.evaluation.tables import NOISE_COLUMNS, noise_table, plain

    measured = one_of(part, PARTS, "--part")
    if not all(0 <= value <= 255 for value in sigma or ()):
        raise typer.BadParameter("takes numbers from 0 to 255", param_hint="--sigma")
    result = evaluation.evaluate(run, sigmas=sigma or evaluation.PAPER_SIGMAS, seed=seed, data=data, part=measured)
    if measured != "test":
        print(plain(NOISE_COLUMNS, noise_table(result, beside_paper=False)))
        return
    evaluation.write(result, run)
    pictures.confusion(result, run / "confusion.png")
    pictures.roc(result, run / "roc.png")
    report = write_report(result, run, note=note)
    table = noise_table(result, beside_paper=result.classifier.card.protocol == "paper" and note is None)
    block = Table(name="noise", columns=NOISE_COLUMNS, rows=tuple(table))
    atomic.write_text(run / "noise_table.md", to_markdown([block], beside=run))
    print(plain(NOISE_COLUMNS, table))
    if result.shared_subjects:
        print(f"{result.shared_subjects} subjects stand in training and test: not a figure for patients never seen")
    print(f"report: {report}")
