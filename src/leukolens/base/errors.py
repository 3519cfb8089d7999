"""What LeukoLens says when it cannot go on: the file, the reason and the hint, in one sentence each."""

from pathlib import Path
from typing import Any


class LeukoLensError(Exception):
    """Base of every error meant for the user; the command line prints it without a traceback and exits 1.

    `reason` tells what is wrong, `path` which file it stands in, `hint` what to do about it.
    """

    def __init__(self, reason: str, *, path: Path | str | None = None, hint: str | None = None) -> None:
        self.reason = reason
        self.path = path
        self.hint = hint
        message = reason if path is None else f"{path}: {reason}"
        super().__init__(message if hint is None else f"{message}. {hint}")

    def __reduce__(self) -> tuple[Any, ...]:
        """The same error in another process."""
        return _again, (type(self), self.reason, self.path, self.hint)


def _again(kind: type[LeukoLensError], reason: str, path: Path | str | None, hint: str | None) -> LeukoLensError:
    error = kind.__new__(kind)
    LeukoLensError.__init__(error, reason, path=path, hint=hint)
    return error


class ImageError(LeukoLensError):
    """A file that is not an image LeukoLens can judge."""


class DatasetError(LeukoLensError):
    """A folder of cells that cannot be used as it stands."""


class SplitError(LeukoLensError):
    """A split whose parts share a subject or an image, or that cannot be made."""


class ModelError(LeukoLensError):
    """A model file that is cut short, not ours, or of another version."""


class WeightsError(LeukoLensError):
    """Initial weights that are absent or do not fit the network."""


class RunError(LeukoLensError):
    """A training run that cannot start, go on or be read."""


class Diverged(RunError):
    """A training whose weights ran away: its loss is no number any more."""


class OutputError(LeukoLensError):
    """A result that could not be written."""


class CaseError(LeukoLensError):
    """A case that cannot be opened, is damaged, or does not fit what is asked of it."""


class MissingExtra(LeukoLensError):
    """A part of LeukoLens whose libraries are not installed."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(f"this needs {module}, which is not installed", hint=f"pip install 'leukolens[{extra}]'")
