"""LeukoLens: leukemic blast (ALL) or normal cell (HEM) in a microscope image.

>>> from leukolens import Classifier
>>> classifier = Classifier()
>>> for prediction in classifier(["cell_1.bmp", "cell_2.bmp"]):
...     print(prediction.path, prediction.verdict, prediction.p_all)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leukolens.cases.store import Case
    from leukolens.predict.classifier import Classifier
    from leukolens.predict.prediction import Prediction

__version__ = "0.1.0"
__all__ = ["Case", "Classifier", "Prediction", "__version__"]


def __getattr__(name: str) -> Any:
    """Load what is asked for, with onnxruntime or the database behind it, only then: --help stays instant."""
    if name == "Classifier":
        from leukolens.predict.classifier import Classifier

        return Classifier
    if name == "Prediction":
        from leukolens.predict.prediction import Prediction

        return Prediction
    if name == "Case":
        from leukolens.cases.store import Case

        return Case
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
