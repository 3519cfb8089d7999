"""Jobs of the paper's comparison for tests, and what they gave."""

from pathlib import Path
from typing import Any

import numpy as np

from leukolens.research.makem2025.plan import Job
from leukolens.research.makem2025.results import Confusion, Result
from leukolens.research.makem2025.systems import systems
from leukolens.research.settings import TrainSettings

SYSTEMS = systems(TrainSettings())
GOOD: Confusion = ((45, 5), (5, 95))
"""Of 50 HEM and 100 ALL cells."""
WORSE: Confusion = ((30, 20), (10, 90))


def job(name: str, out: Path = Path("out"), *, fold: str = "0", **changes: Any) -> Job:
    """Of one system, yet to be done."""
    values = {
        "system": SYSTEMS[name],
        "fold": fold,
        "folder": out / f"{name}-f{fold}",
        "state": "to do",
        "minutes": 1.0,
    }
    return Job(**{**values, **changes})


def result(name: str, *confusions: Confusion, sigmas: tuple[float, ...] = (0.0,), **changes: Any) -> Result:
    """Of one system with these counts, a σ each; without any it was not run."""
    right = np.zeros(0, np.bool_)
    if confusions:
        (a, b), (c, d) = confusions[0]
        right = np.repeat([True, False, True], [a, b + c, d])
    return Result(
        job=changes.pop("job", job(name, **changes)),
        confusions=dict(zip(sigmas, confusions, strict=False)),
        aurocs=dict.fromkeys(sigmas[: len(confusions)], 0.93),
        right=right,
        reason="" if confusions else "not asked for",
    )
