"""What is closed at the end of its `with`, however that ends."""

from types import TracebackType
from typing import Self


class Closing:
    """Gives a class that has `close` the two methods of a context manager."""

    def close(self) -> None:
        """Leave it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
