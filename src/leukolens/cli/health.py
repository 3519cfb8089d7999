"""Does this installation judge a cell? `python -m leukolens.cli.health`: exit code 0, or 1 with the reason.

For a container's health check: libraries, model file and processor are asked together, on a generated cell.
"""

import sys

import numpy as np

from leukolens.base.errors import LeukoLensError


def problem() -> str:
    """What is wrong, in a sentence; '' when the shipped model judges a generated cell."""
    from leukolens.predict.classifier import Classifier
    from leukolens.research.data.phantoms import draw_cell

    try:
        (prediction,) = Classifier(threads=1)([draw_cell("all", np.random.default_rng(0))])
    except LeukoLensError as error:
        return str(error)
    return "" if prediction.p_all is not None else f"a generated cell was not judged: {prediction.reason}"


def main() -> None:
    """Exit code 1 and the reason on standard error when something is wrong."""
    if told := problem():
        print(f"leukolens: {told}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
