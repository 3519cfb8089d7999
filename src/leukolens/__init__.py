"""LeukoLens: leukemic blast (ALL) or normal cell (HEM) in a microscope image.

>>> from leukolens import Classifier
>>> classifier = Classifier()
>>> for prediction in classifier(["cell_1.bmp", "cell_2.bmp"]):
...     print(prediction.path, prediction.verdict, prediction.p_all)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leukolens.cases.store import Case
    from leukolens.predict.classifier import Classifier
    from leukolens.predict.prediction import Prediction

__version__ = "0.1.0"
__all__ = ["Case", "Classifier", "Prediction", "__version__"]

_HOMES = {"Case": "cases.store", "Classifier": "predict.classifier", "Prediction": "predict.prediction"}


def __getattr__(name: str) -> Any:
    """Load what is asked for, with onnxruntime or the database behind it, only then: --help stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"leukolens.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
