"""LeukoLens: leukemic blast (ALL) or normal cell (HEM) in a microscope image.

>>> from leukolens import Classifier
>>> classifier = Classifier()
>>> for prediction in classifier(["cell_1.bmp", "cell_2.bmp"]):
...     print(prediction.path, prediction.verdict, prediction.p_all)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leukolens.predict.classifier import Classifier
    from leukolens.predict.prediction import Prediction

__version__ = "0.1.0"
__all__ = ["Classifier", "Prediction", "__version__"]


def __getattr__(name: str) -> Any:
    """Load the classifier, and onnxruntime with it, only when it is asked for: --help stays instant."""
    if name == "Classifier":
        from leukolens.predict.classifier import Classifier

        return Classifier
    if name == "Prediction":
        from leukolens.predict.prediction import Prediction

        return Prediction
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
