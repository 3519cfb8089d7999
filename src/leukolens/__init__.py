"""LeukoLens: leukemic blast (ALL) or normal cell (HEM) in a microscope image.

>>> from leukolens import Classifier
>>> classifier = Classifier()
>>> for prediction in classifier(["cell_1.bmp", "cell_2.bmp"]):
...     print(prediction.path, prediction.verdict, prediction.p_all)
"""

import importlib
from typing import TYPE_CHECKING, Any

from leukolens.base.extras import require

if TYPE_CHECKING:
    from leukolens.cases.store import Case
    from leukolens.cells.field import find_cells
    from leukolens.cells.find import FoundCell
    from leukolens.predict.classifier import Classifier
    from leukolens.predict.prediction import Prediction

__version__ = "0.1.0"
__all__ = ["Case", "Classifier", "FoundCell", "Prediction", "__version__", "find_cells"]

_MODULES = {
    "Case": "leukolens.cases.store",
    "Classifier": "leukolens.predict.classifier",
    "FoundCell": "leukolens.cells.find",
    "Prediction": "leukolens.predict.prediction",
    "find_cells": "leukolens.cells.field",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for, and onnxruntime or the database with it, only then: --help stays instant."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _MODULES[name].startswith("leukolens.cells"):
        require("cv2", extra="fields")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
