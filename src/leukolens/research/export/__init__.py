"""A finished run → the files that are shipped: ONNX in float and int8, LiteRT. Each passes its gate or is not written.

Needs the extra `export`; what is written runs without it.
"""

from leukolens.base.extras import require

require("onnx", "sklearn", "torch", extra="export")
