"""Named recipes for the same network, the paper's and ours for patients never seen; and any, from a TOML file."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from leukolens.base.errors import RunError
from leukolens.model.preprocess import Preprocess
from leukolens.research.networks.registry import entry
from leukolens.research.overrides import with_overrides, with_values
from leukolens.research.settings import Augmentation, TrainSettings

_OURS = TrainSettings(augmentation=Augmentation(grey=0.1), schedule="cosine", epochs=4, refit=0.1)
RECIPES: dict[str, TrainSettings] = {
    "paper": TrainSettings(),
    "leukolens": _OURS,
    "half": replace(_OURS, preprocess=Preprocess(size=112), epochs=12, refit=1.0),
}
"""'leukolens' is the paper's, except that both classes lose their saturation now and then, that nothing is chosen by
validation, and that the last layer is fitted anew. 'half' sees cells at half of the side, three times as often. Why,
and what else was tried: dev/log."""
USUAL = ("paper", "leukolens")
"""What `leukolens benchmark` compares when it is not told."""


def recipe(name: str, *, seed: int = 0, network: str | None = None, overrides: Sequence[str] = ()) -> TrainSettings:
    """The settings of a recipe.

    name: 'paper', 'leukolens', or a .toml file that holds what differs from the recipe that its `recipe` names
    ('paper' without one). network: in the place of the recipe's: a name, 'timm:NAME' or 'module:function'; it brings
    its own learning rate where the recipe names none. overrides: 'batch=32', 'preprocess.size=96', as `--set` takes
    them. Raises RunError that suggests the nearest name, or names the file and the setting.
    """
    settings = _from_file(Path(name)) if name.endswith(".toml") else _named(name)
    if network is not None:
        settings = _with_network(settings, network)
    return with_overrides(replace(settings, seed=seed), overrides)


def title(name: str, *, network: str | None = None) -> str:
    """What folders and tables call a recipe: its name or its file's, and the network where another was given."""
    stem = Path(name).stem if name.endswith(".toml") else name
    return stem if network is None else f"{stem}-{re.sub(r'[^A-Za-z0-9_.]+', '-', network)}"


def _named(name: str) -> TrainSettings:
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, 1, cutoff=0)[0]
        raise RunError(
            f"there is no recipe {name!r}",
            hint=f"Did you mean {near}? There are: {', '.join(RECIPES)}, and any FILE.toml",
        )
    return RECIPES[name]


def _from_file(path: Path) -> TrainSettings:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"cannot be read ({error.strerror})", path=path, hint="Give a recipe's name or file") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RunError(f"is not TOML ({error})", path=path, hint="Write lines like 'epochs = 20'") from error
    settings = _named(str(values.pop("recipe", "paper")))
    if isinstance(network := values.get("network"), str):
        settings = _with_network(settings, network)
    return with_values(settings, values, source=str(path))


def _with_network(settings: TrainSettings, network: str) -> TrainSettings:
    usual = settings.learning_rate == TrainSettings().learning_rate
    rate = entry(network).learning_rate if usual else settings.learning_rate
    return replace(settings, network=network, learning_rate=rate)
