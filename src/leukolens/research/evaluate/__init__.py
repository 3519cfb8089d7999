"""model → evaluate → tables: what is published comes from the exported model that users run. Needs extra `train`."""

from leukolens.base.errors import MissingExtra

try:
    import matplotlib  # noqa: F401
    import sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtra(error.name or "scikit-learn", "train") from error
