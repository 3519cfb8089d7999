"""Any setting of a recipe by `--set name=value` or from a file, checked against the setting's own type."""

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from leukolens.base.errors import RunError

T = TypeVar("T")


def with_overrides(settings: T, assignments: Sequence[str]) -> T:
    """Settings with 'batch=32', 'augmentation.rotation=180', 'noise=[0,3]' or 'augmentation=null' applied.

    Values are JSON; a bare word is a text. Raises RunError that names the setting and what it takes.
    """
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise RunError(f"--set {assignment} has no '='", hint="Write --set batch=32")
        settings = _assign(settings, name.split("."), _parse(text), f"--set {assignment}")
    return settings


def with_values(settings: T, values: Mapping[str, Any], *, source: str) -> T:
    """Settings with those of a TOML file; a table is a setting's parts, and false turns off what can be off.

    source: the file, for errors. Raises RunError that names the setting and what it takes.
    """
    for name, value in values.items():
        told = f"{source}: {name} = {value}"
        if isinstance(value, Mapping):
            inner = getattr(settings, name, None)
            if not is_dataclass(inner):
                raise RunError(f"{told}: there is no setting {name!r} with parts")
            inner = with_values(inner, value, source=f"{source}: {name}")
            settings = replace(settings, **{name: inner})  # type: ignore[type-var]
        else:
            off = value is False and _can_be_off(settings, name)
            settings = _assign(settings, [name], None if off else value, told)
    return settings


def _can_be_off(settings: Any, name: str) -> bool:
    kind = get_type_hints(type(settings)).get(name)
    return kind is not bool and _takes(kind, None)


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _assign(settings: T, path: Sequence[str], value: Any, assignment: str) -> T:
    known = {field.name for field in fields(settings)}  # type: ignore[arg-type]
    if path[0] not in known:
        raise RunError(f"{assignment}: no setting {path[0]!r}", hint=f"There are: {', '.join(sorted(known))}")
    kind = get_type_hints(type(settings))[path[0]]
    if len(path) > 1:
        inner = getattr(settings, path[0])
        if not is_dataclass(inner):
            raise RunError(f"{assignment}: {path[0]} has no parts")
        value = _assign(inner, path[1:], value, assignment)
    else:
        value = tuple(value) if isinstance(value, list) else value
        value = float(value) if isinstance(value, int) and not isinstance(value, bool) and _takes(kind, 1.0) else value
        if not _takes(kind, value):
            raise RunError(f"{assignment}: {path[0]} takes {getattr(kind, '__name__', None) or kind}")
    return replace(settings, **{path[0]: value})  # type: ignore[type-var]


def _takes(kind: Any, value: Any) -> bool:
    """Whether `value` is of the annotated type: the few kinds that settings have."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(_takes(part, value) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
        return len(kinds) == len(value) and all(isinstance(part, int | float) for part in value)
    return type(value) is kind
