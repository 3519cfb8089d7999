"""Work handed to processes of one machine or many by Ray (extra `scale`): archives to be judged, trainings to be run.

RAY_ADDRESS names a cluster that somebody started; without it Ray starts on this machine and listens on it alone.
LeukoLens must be installed on every machine. Ray's own usage statistics are switched off.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from leukolens.base.errors import LeukoLensError, RunError
from leukolens.base.extras import require

ENGINES = ("ray",)
TRIES = 3
"""How often a piece of work whose process died is begun again."""

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Common = TypeVar("Common")


@contextlib.contextmanager
def connected(*, workers: int = 0) -> Iterator[Any]:
    """Yield the module ray, connected. workers: cores of this machine that a Ray of our own may use; 0: all."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    require("ray", extra="scale")
    import ray

    address = os.environ.get("RAY_ADDRESS")
    own: dict[str, Any] = {} if address else {"include_dashboard": False, "num_cpus": workers or None}
    _start(ray, address, own)
    try:
        yield ray
    finally:
        ray.shutdown()


def _start(ray: Any, address: str | None, own: dict[str, Any]) -> None:
    for last in (False, True):
        try:
            ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **own)
            return
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise RunError(
                f"Ray {f'at {address}' if address else 'on this machine'} does not answer ({error})",
                hint="Check RAY_ADDRESS",
            ) from error
        except Exception as error:  # Ray's own word, a bare Exception, for a start longer than the 30 s it allows
            if last:
                raise RunError(
                    f"Ray does not start on this machine ({error})", hint="Try again when this machine is less busy"
                ) from error


def unordered(
    ray: Any, work: Callable[[Question, Common], Answer], questions: Iterable[Question], common: Common, **needs: float
) -> Iterator[Answer]:
    """Yield work(question, common) as it is done; one whose process died is begun again.

    work: a function of a module. common: goes to each machine once. needs: num_cpus and num_gpus of each. Raises the
    LeukoLensError of the first that failed, and RunError for one that kills its process TRIES times.
    """
    task = ray.remote(max_retries=TRIES, **needs)(_told)
    shared = ray.put(common)
    waiting = [task.remote(work, question, shared) for question in questions]
    while waiting:
        done, waiting = ray.wait(waiting)
        try:
            answer, error = ray.get(done[0])
        except ray.exceptions.RayError as gone:
            raise RunError(f"a worker process died ({gone})", hint="Start it again: finished work is kept") from gone
        if error is not None:
            raise error
        yield answer


def _told(
    work: Callable[[Question, Common], Answer], question: Question, common: Common
) -> tuple[Answer | None, LeukoLensError | None]:
    """An error meant for the user comes back as itself, and not inside one of Ray's."""
    try:
        return work(question, common), None
    except LeukoLensError as error:
        return None, error
