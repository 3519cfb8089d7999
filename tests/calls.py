"""What a command would have started: the call is kept, the work is not done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = tuple[tuple[Any, ...], dict[str, Any]]


def kept(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, answer: Callable[..., Any] = lambda *_, **__: None
) -> list[Call]:
    """Calls of `module.name` from now on, each with its arguments; it answers as `answer` does."""
    calls: list[Call] = []

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append((arguments, options))
        return answer(*arguments, **options)

    monkeypatch.setattr(module, name, call)
    return calls


def report(*_: Any, **__: Any) -> Path:
    """Answers as a command's work does."""
    return Path("out/report.html")
