"""Options that take one of a few words."""

from typing import TypeVar

import typer

T = TypeVar("T", bound=str)


def one_of(value: str, choices: tuple[T, ...], option: str) -> T:
    """`value` as one of `choices`, or a usage error that lists them."""
    for choice in choices:
        if value == choice:
            return choice
    raise typer.BadParameter(f"{value!r} is not one of {', '.join(choices)}", param_hint=option)
