"""A finished run → the files that are shipped: ONNX in float and int8, LiteRT. Each passes its gate or is not written.

Needs the extra `export`; what is written runs without it.
"""

from leukolens.base.errors import MissingExtra

try:
    import onnx  # noqa: F401
    import sklearn  # noqa: F401
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtra(error.name or "onnx", "export") from error
