"""`leukolens predict`: a verdict for each image."""

import glob
import sys
from pathlib import Path
from typing import Annotated

import typer

from leukolens.cli.exit_codes import FAILED, SOME_UNREADABLE
from leukolens.errors import DatasetError


def predict(
    images: Annotated[list[str], typer.Argument(help="Files, folders (with all below them) or quoted globs.")],
    model: Annotated[Path, typer.Option(help="A model.onnx that LeukoLens wrote.")],
    csv: Annotated[Path | None, typer.Option(help="Write the rows as CSV.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the rows as JSON.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Cores for the model; 0: all.")] = 0,
) -> None:
    """Judge cells: leukemic blast (ALL) or normal (HEM), with a probability and the model's id.

    A second opinion for research: a trained reader confirms each cell. Exit code 0: all judged; 3: some files could not
    be judged, each named with its reason; 1: nothing could be done.
    """
    from leukolens import report
    from leukolens.classifier import Classifier
    from leukolens.progress import track

    paths = gather(images)
    classifier = Classifier(model, threads=threads)
    predictions = []
    with track("judging", len(paths), unit="images") as advance:
        for prediction in classifier(paths):
            predictions.append(prediction)
            advance(1)
            if prediction.verdict is None:
                print(f"{prediction.path}: {prediction.reason}", file=sys.stderr)
            elif csv is None and json is None:
                print(f"{prediction.path}  {prediction.verdict}  {prediction.p_all:.4f}  {prediction.model_id}")
    if csv is not None:
        report.write_csv(csv, predictions)
    if json is not None:
        report.write_json(json, predictions)
    judged = sum(prediction.verdict is not None for prediction in predictions)
    blasts = sum(prediction.verdict == "ALL" for prediction in predictions)
    print(f"{judged} judged, {blasts} ALL, {judged - blasts} HEM; {len(predictions) - judged} not", file=sys.stderr)
    if judged < len(predictions):
        raise typer.Exit(SOME_UNREADABLE if judged else FAILED)


def gather(arguments: list[str]) -> list[Path]:
    """Files, folders and globs → files, each once, in the order given and sorted within a folder or glob.

    Raises DatasetError for a folder without images or a glob without a match. A file that is named but absent stays in
    the list: it becomes a row with its reason.
    """
    from leukolens.images import SUFFIXES

    found: dict[Path, None] = {}
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            images = [file for file in inside if file.suffix.lower() in SUFFIXES]
            if not images:
                raise DatasetError("holds no images", path=path, cure=f"Looked for {', '.join(sorted(SUFFIXES))}")
            if len(images) < len(inside):
                print(f"{path}: {len(inside) - len(images)} files are no images by name; left out", file=sys.stderr)
            found.update(dict.fromkeys(images))
        elif glob.has_magic(argument) and not path.exists():
            matches = sorted(Path(match) for match in glob.glob(argument, recursive=True))
            if not matches:
                raise DatasetError("matches no file", path=argument)
            found.update(dict.fromkeys(match for match in matches if match.is_file()))
        else:
            found[path] = None
    return list(found)
