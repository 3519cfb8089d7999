"""Options that two commands share: what cannot be combined with --quick is named, whatever its default."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from leukolens.cli import options
from leukolens.model.network_file import SHIPPED, SHIPPED_HALF, SHIPPED_INT8


@click.command()
@options.data
@options.out
@click.option("--seed", default=0)
@click.option("--only", multiple=True)
@options.dry_run
@options.quick
def command(data: Path | None, out: Path, seed: int, only: tuple[str, ...], dry_run: bool, quick: bool) -> None:
    """A command as benchmark and reproduce are."""
    if quick:
        options.refuse_beside_quick("only")
    print("quick" if quick else options.given(data), out, seed, *only, dry_run)


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_quick_needs_no_data_and_takes_what_is_allowed() -> None:
    done = ran("--quick", "--out", "o", "--only", "a")
    assert (done.exit_code, done.output) == (0, "quick o 0 a False\n")


@pytest.mark.parametrize("given", [("cells",), ("--seed", "0"), ("--dry-run",)], ids=["DATA", "--seed", "--dry-run"])
def test_anything_else_beside_quick_is_named(given: tuple[str, ...]) -> None:
    done = ran("--quick", "--out", "o", *given)
    assert done.exit_code == 2
    assert "cannot be combined with --quick" in done.output
    assert (given[0] if given[0].startswith("--") else "DATA") in done.output


def test_without_quick_data_must_be_given() -> None:
    assert ran("cells", "--out", "o", "--seed", "3").output == "cells o 3 False\n"
    done = ran("--out", "o")
    assert done.exit_code == 2
    assert "Invalid value for DATA: give a folder of cells, or --quick" in done.output
    assert ran("cells").exit_code == 2  # --out


def test_the_model_is_the_one_given_or_a_form_of_the_one_that_comes_with_leukolens() -> None:
    assert options.shipped_or(None, "float") == SHIPPED
    assert options.shipped_or(None, "int8") == SHIPPED_INT8
    assert options.shipped_or(None, "half") == SHIPPED_HALF
    assert options.shipped_or(Path("own.onnx"), None) == Path("own.onnx")
    assert options.shipped_or(None, "auto") is options.shipped_or(None, None) is None  # predict then looks
    with pytest.raises(click.BadParameter, match="leave out one of them"):
        options.shipped_or(Path("own.onnx"), "int8")
