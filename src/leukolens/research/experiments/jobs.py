"""One engine for all that takes long: a job has a folder named after everything that decides its outcome.

What is done is never repeated, what was cut goes on, and what cannot be run here leaves its reason beside whatever
stands there and does not stop the rest. The paper's systems and the held-out experiments are both such jobs.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from leukolens.base import atomic
from leukolens.base.engine import connected, unordered
from leukolens.base.errors import LeukoLensError

log = logging.getLogger(__name__)

State = Literal["done", "cut", "to do"]
NOT_RUN = "not_run.txt"
"""Holds the reason, where a job could not be run here."""


class Job(Protocol):
    """What the engine asks of a job."""

    @property
    def folder(self) -> Path: ...


SomeJob = TypeVar("SomeJob", bound=Job)


def folder_of(out: Path, name: str, identity: Any) -> Path:
    """<out>/runs/<name>-<key>. identity: all that decides the outcome, as JSON; the same one is the same folder."""
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:10]
    return out / "runs" / f"{name}-{key}"


def state_of(folder: Path, *, result: str) -> State:
    """result: name of the file that is written last."""
    return "done" if (folder / result).exists() else "cut" if folder.exists() else "to do"


Excused = tuple[type[LeukoLensError], ...]


def run_jobs(
    jobs: Iterable[SomeJob], work: Callable[[SomeJob], None], *, excused: Excused = (), engine: str | None = None
) -> None:
    """Do the work of each, in order. excused: errors that say that one job cannot be run here; any other ends all.

    engine: 'ray' hands them to the machines of its cluster (`base.engine`), a GPU or a whole machine to each. Their
    folders then stand on a disk that all machines share, and so do the cells, under absolute paths.
    """
    if engine is None:
        for job in jobs:
            _run(job, (work, excused))
        return
    with connected() as ray:
        needs = _needs(ray)
        log.info(f"handed to Ray, each with {' and '.join(f'{count:g} {kind}' for kind, count in needs.items())}")
        for done in unordered(ray, _run, jobs, (work, excused), **needs):
            log.info(f"done: {done}")


def _run(job: SomeJob, what: tuple[Callable[[SomeJob], None], Excused]) -> str:
    """Name of its folder."""
    work, excused = what
    (job.folder / NOT_RUN).unlink(missing_ok=True)
    try:
        work(job)
    except excused as error:
        atomic.write_text(job.folder / NOT_RUN, str(error))
        log.info(f"not run: {error}")
    return job.folder.name


def _needs(ray: Any) -> dict[str, float]:
    """Of one training: a GPU where the cluster has any, else all cores of its smallest machine."""
    if ray.cluster_resources().get("GPU", 0):
        return {"num_gpus": 1}
    return {"num_cpus": min(node["Resources"].get("CPU", 1) for node in ray.nodes() if node["Alive"])}
