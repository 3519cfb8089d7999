"""One thing that is wrong in a case."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    table: str
    row: int | None
    """Its id, or the entry's number in the log; None for the file as a whole."""
    file: str
    """The input that the row belongs to; '' where it belongs to none."""
    what: str

    def __str__(self) -> str:
        row = "" if self.row is None else f" row {self.row}"
        file = f" ({self.file})" if self.file else ""
        text = f"{self.table}{row}{file}: {self.what}"
        return text.encode("utf-8", "backslashreplace").decode()  # of a text that is spoiled
