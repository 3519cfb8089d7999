"""Seeded damage to the texts inside a model file: what tests and the longer fuzzer in dev/fuzz throw at the reader."""

import json
import random
from typing import Any

STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "\ud800",
    "x" * 100_000,
    [],
    [1],
    [0.9, 0.1],
    [None, None],
    {},
    {"a": {"b": []}},
)


def damaged(text: str, chance: random.Random) -> str:
    """The JSON text with one thing wrong: a value, a field, a letter, its end, or its depth."""
    kind = chance.randrange(6)
    if kind <= 2:
        return _with_value(text, chance)
    place = chance.randrange(len(text))
    if kind == 3:
        return text[:place]
    if kind == 4:
        return text[:place] + chr(chance.choice((0, 34, 92, 123, 125, 44, 0x202E, 0xE9))) + text[place + 1 :]
    return text[:place] + "[" * chance.choice((10, 2000, 100_000)) + text[place:]


def _with_value(text: str, chance: random.Random) -> str:
    facts: dict[str, Any] = json.loads(text)
    inside = facts
    while True:
        name = chance.choice(sorted(inside))
        if not isinstance(inside[name], dict) or not inside[name] or chance.random() < 0.3:
            break
        inside = inside[name]
    if chance.random() < 0.2:
        del inside[name]
    elif chance.random() < 0.1:
        inside[name + "2"] = inside.pop(name)
    else:
        inside[name] = chance.choice(STRANGE)
    return json.dumps(facts)
