"""`leukolens evaluate`: a finished run's test tables, or how good the model is on a laboratory's own case."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from leukolens.cli import options

if TYPE_CHECKING:
    from leukolens.research.data.split import Part


@click.command()
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option("--case", help="Instead of RUN: a judged case, as a file or a postgresql:// address.")
@click.option(
    "--truth", type=click.Path(path_type=Path), help="CSV with the path and label (ALL or HEM) of the case's cells."
)
@click.option(
    "--sigma",
    "sigmas",
    multiple=True,
    type=float,
    help="Noise to add to the test cells, 0–255; several values may follow one --sigma.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Random seed of the test noise and of the bootstrap over --case.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Where the cells are now, if they were moved.")
@options.patient_from
@click.option(
    "--part",
    type=click.Choice(("train", "val", "test")),
    default="test",
    help="'train' and 'val' are printed but not written: what training saw is not a result.",
)
@click.option("--note", help="A sentence for the top of the report.")
@options.quiet
def evaluate(
    run: Path | None,
    case: str | None,
    truth: Path | None,
    sigmas: tuple[float, ...],
    seed: int,
    data: Path | None,
    patient_from: str | None,
    part: "Part",
    note: str | None,
) -> None:
    """Measure a run's model on its test part, clean and with noise, and show the paper's rows beside it.

    RUN: the folder of a finished `leukolens train`.

    Writes metrics.json, noise_table.md, predictions.csv, confusion.png, roc.png and report.html into the run's folder.

    With --case and --truth: measure how good a case's answers are in your laboratory, with intervals over its patients.
    """
    if (case is None) != (truth is None) or (run is None) == (case is None):
        raise click.UsageError("Give RUN, or --case and --truth.")
    if case is not None and truth is not None:
        from leukolens.cases.store import Case
        from leukolens.measure.own_cells import measure_own, told

        with Case.open(case) as opened:
            print(told(measure_own(opened, truth, seed=seed)))
        return
    assert run is not None
    from leukolens.base import atomic
    from leukolens.research.evaluate import evaluate as evaluation
    from leukolens.research.evaluate import plots as pictures
    from leukolens.research.evaluate.blocks import Table, to_markdown
    from leukolens.research.evaluate.noise_table import NOISE_COLUMNS, noise_table, plain
    from leukolens.research.evaluate.run_report import write_report

    if not all(0 <= value <= 255 for value in sigmas):
        raise click.BadParameter("takes numbers from 0 to 255", param_hint="--sigma")
    result = evaluation.evaluate(
        run, sigmas=sigmas or evaluation.PAPER_SIGMAS, seed=seed, data=data, patient_from=patient_from, part=part
    )
    if part != "test":
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
        print(f"{result.shared_subjects} subjects are in both training and test: no result for patients never seen")
    print(f"report: {report}")
