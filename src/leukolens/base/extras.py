"""Whether the libraries of an extra are installed; asked by the first line of each room that needs them."""

import importlib

from leukolens.base.errors import MissingExtra


def require(*modules: str, extra: str) -> None:
    """Import each module. Raises MissingExtra, which names the extra to install, for the first that is not there."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or module, extra) from error
