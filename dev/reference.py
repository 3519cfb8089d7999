"""Write docs/reference/api.md: the public API, from its docstrings.

    python dev/reference.py

tests/docs/test_reference.py holds that the page is what this gives.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/reference/api.md"
PUBLIC = {
    "leukolens": "What a laboratory uses; the base install is enough.",
    "leukolens.research.api": "What training and measuring use; `pip install 'leukolens[train]'`.",
}
"""Modules whose `__all__` is promised, and to whom."""


def page() -> str:
    """The page as Markdown."""
    parts = [
        "# Python API",
        "Written by `python dev/reference.py` from the docstrings. Nothing else is promised: other names may change "
        "with any version. How versions are numbered: [CONTRIBUTING.md](../../CONTRIBUTING.md).",
    ]
    for name, what in PUBLIC.items():
        module = import_module(name)
        parts += [f"## `{name}`", what]
        for public in (one for one in module.__all__ if not one.startswith("_")):
            parts += described(public, getattr(module, public))
    return "\n\n".join(parts) + "\n"


def described(name: str, thing: Any) -> Iterator[str]:
    """Heading, signature and docstring; of a class its public methods too."""
    yield f"### `{name}`"
    if not is_dataclass(thing):
        yield f"```python\n{name}{signature(thing)}\n```"
    yield text(thing)
    if inspect.isclass(thing):
        for method, own in vars(thing).items():
            function = own.__func__ if isinstance(own, classmethod | staticmethod) else own
            public = not method.startswith("_") or method == "__call__"
            if public and inspect.isfunction(function) and function.__doc__:
                yield f"#### `{name}.{method}`"
                yield f"```python\n{method}{signature(function)}\n```"
                yield text(function)


def signature(thing: Any) -> str:
    """As it is written in the source, without self or cls; of a class, its constructor's."""
    function = vars(thing).get("__init__") if inspect.isclass(thing) else thing
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]  # type: ignore[arg-type]
    assert isinstance(node, ast.FunctionDef)
    if node.args.args and node.args.args[0].arg in ("self", "cls"):
        del node.args.args[0]
    returned = "" if inspect.isclass(thing) or node.returns is None else f" -> {ast.unparse(node.returns)}"
    return f"({ast.unparse(node.args)}){returned}"


def text(thing: Any) -> str:
    """The docstring; a record's fields stand below it with their own."""
    found = inspect.cleandoc(thing.__doc__ or "")
    return found + "".join(f"\n\n{line}" for line in fields_of(thing)) if is_dataclass(thing) else found


def fields_of(thing: Any) -> Iterator[str]:
    """'- `name`: what it is', from the texts under the fields."""
    record = ast.parse(inspect.getsource(thing)).body[0]
    assert isinstance(record, ast.ClassDef)
    for node, after in pairwise([*record.body, ast.Pass()]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            default = "" if node.value is None else f" = {ast.unparse(node.value)}"
            meaning = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                meaning = ". " + inspect.cleandoc(str(after.value.value)).replace("\n", " ")
            yield f"- `{node.target.id}: {ast.unparse(node.annotation)}{default}`{meaning}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
