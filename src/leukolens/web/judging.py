"""Judges uploads in the background, one after the other, and tells whoever watches how far it is.

A file that takes its worker down or too long becomes an unreadable input with that reason; the next gets a new worker.
"""

import contextlib
import logging
import queue
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from threading import Lock, Thread

from sqlalchemy import select

from leukolens.base.errors import CaseError, LeukoLensError
from leukolens.cases import schema
from leukolens.cases.judged import judged_of
from leukolens.cases.record import Judged
from leukolens.cases.row import row_of
from leukolens.cases.shelf import Shelf
from leukolens.cases.store import Case
from leukolens.model.card import ModelCard
from leukolens.model.form import form_for
from leukolens.model.network_file import NetworkFile
from leukolens.predict.prediction import Judgement, Prediction
from leukolens.web import worker

SECONDS = 60
"""That one file may take."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A file that was taken and is not judged yet."""

    case_id: int
    who: str
    path: Path
    """Where it is kept; its name is the SHA-256 of its bytes."""
    name: str
    """As its reader calls it."""
    patient: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Of one case's uploads since the server started."""

    taken: int = 0
    judged: int = 0
    error: str = ""
    """Why the last one could not be kept; '' when it was."""


class Judging:
    """One background thread with one worker process, begun at the first upload."""

    def __init__(self, shelf: Shelf, model: Path | None, *, most: int) -> None:
        """model: its file; None: each case goes on with the form that it began with (`model.form`)."""
        self._shelf = shelf
        self._model = model
        self._most = most
        self._promised = 0
        self._waiting: queue.Queue[Waiting | None] = queue.Queue()
        self._progress: dict[int, Progress] = defaultdict(Progress)
        self._lock = Lock()
        self._thread: Thread | None = None
        self._pool: ProcessPoolExecutor | None = None

    @contextlib.contextmanager
    def room(self, files: int) -> Iterator[bool]:
        """Whether that many more may wait; their places are kept meanwhile, whoever else asks."""
        with self._lock:
            found = self._waiting.qsize() + self._promised + files <= self._most
            self._promised += files if found else 0
        try:
            yield found
        finally:
            if found:
                with self._lock:
                    self._promised -= files

    def take(self, waiting: Waiting) -> None:
        """Judge it when its turn comes."""
        with self._lock:
            before = self._progress[waiting.case_id]
            self._progress[waiting.case_id] = replace(before, taken=before.taken + 1)
            if self._thread is None:
                self._thread = Thread(target=self._work, name="judging", daemon=True)
                self._thread.start()
        self._waiting.put(waiting)

    def progress(self, case_id: int) -> Progress:
        """How far it is."""
        with self._lock:
            return self._progress[case_id]

    def settle(self) -> None:
        """Wait until everything that was taken is judged."""
        self._waiting.join()

    def close(self) -> None:
        """End the worker; what waits stays on the disk and is not judged."""
        if self._thread is not None:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._waiting.get_nowait()
            self._waiting.put(None)
            self._thread.join()
        self._end_worker()

    def _work(self) -> None:
        while (one := self._waiting.get()) is not None:
            error = ""
            try:
                case = self._shelf.case(one.case_id, who=one.who)
                model = self._model or form_for(case.model_id())
                case.use(_card(model))
                if (name := _free_name(case, one)) is not None:
                    case.add([self._judged(replace(one, name=name), model)])
            except LeukoLensError as failed:
                error = failed.reason
            except Exception:  # one bad file never ends a day's run; its name may be a patient's, and stays out
                _log.exception("an upload could not be judged")
                error = "could not be judged; the server's log says why"
            with self._lock:
                before = self._progress[one.case_id]
                self._progress[one.case_id] = replace(before, judged=before.judged + 1, error=error)
            self._waiting.task_done()

    def _judged(self, one: Waiting, model: Path) -> Judged:
        judgement = self._judgement(one, model)
        rows = [row_of(prediction, patient=one.patient, path=one.name) for prediction in judgement.predictions]
        return judged_of(rows, judgement, pictures=True)

    def _judgement(self, one: Waiting, model: Path) -> Judgement:
        if self._pool is None:
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=worker.begin)
        try:
            return self._pool.submit(worker.judge, one.path, model).result(timeout=SECONDS)
        except TooSlow:
            reason = f"took more than {SECONDS} s to decode"
        except BrokenProcessPool:
            reason = "needed more memory than an upload may take"
        self._end_worker()
        failed = Prediction(
            path=one.name, verdict=None, p_all=None, model_id=_card(model).model_id, reason=reason, sha256=one.path.name
        )
        return Judgement(predictions=(failed,))

    def _end_worker(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)


def _free_name(case: Case, one: Waiting) -> str | None:
    """Its name, with the start of its digest where another picture has it; None when the case holds it already."""
    inputs = schema.inputs.c
    path = Path(one.name)
    for name in (one.name, f"{path.stem} ({one.path.name[:12]}){path.suffix}"):
        query = select(inputs.sha256, inputs.patient).where(inputs.case_id == case.id, inputs.path == name)
        with case.reading() as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            return name
        if (found.sha256, found.patient) == (one.path.name, one.patient):
            return None
    raise CaseError("this picture is already in the case under another patient", hint="Check whose it is")


@cache
def _card(model: Path) -> ModelCard:
    return NetworkFile(model, threads=1).card
