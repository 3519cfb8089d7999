"""split → loader → train → model + card. Needs the extra `train`; nothing of the inference path imports this."""

from leukolens.base.errors import MissingExtra

try:
    import lightning  # noqa: F401
    import timm  # noqa: F401
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtra(error.name or "torch", "train") from error
