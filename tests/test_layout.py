"""tests/ mirrors src/leukolens/: each module has its namesake, which holds tests and asks that module something."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "src" / "leukolens"
MODULES = sorted(
    path.relative_to(PACKAGE)
    for path in PACKAGE.rglob("*.py")
    if not path.name.startswith("__") and "migrations" not in path.parts  # tests/cases/test_migrations.py
)


def namesake(module: Path) -> Path:
    return HERE / module.with_name(f"test_{module.name}")


def test_there_are_modules() -> None:
    assert len(MODULES) > 150


def test_each_module_has_its_namesake() -> None:
    missing = [namesake(module) for module in MODULES if not namesake(module).exists()]
    assert [place.relative_to(HERE.parent).as_posix() for place in missing] == []


@pytest.mark.parametrize("module", [one for one in MODULES if namesake(one).exists()], ids=Path.as_posix)
def test_a_namesake_holds_tests_that_assert(module: Path) -> None:
    tree = ast.parse(namesake(module).read_text(encoding="utf-8"))
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    asserting = [node for node in tests if any(isinstance(one, ast.Assert) or _raises(one) for one in ast.walk(node))]
    assert asserting, "it tests nothing"


def _raises(node: ast.AST) -> bool:
    """pytest.raises, or a check of numpy's or torch's own."""
    return isinstance(node, ast.Attribute) and (node.attr == "raises" or node.attr.startswith("assert_"))
