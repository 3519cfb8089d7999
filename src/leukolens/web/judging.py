"""Judges uploads in the background, one after the other, and tells whoever watches how far it is.

A file that takes its worker down or too long becomes an unreadable input with that reason; the next gets a new worker.
"""

import contextlib
import hashlib
import logging
import queue
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from threading import Lock, Thread

from leukolens import __version__
from leukolens.base.errors import LeukoLensError
from leukolens.cases.record import Answer, Cell, Judged, Picture
from leukolens.cases.shelf import Shelf
from leukolens.model.network_file import NetworkFile
from leukolens.predict.prediction import Prediction
from leukolens.report.thumbnails import thumbnail
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

    def __init__(self, shelf: Shelf, model: Path, *, most: int) -> None:
        self._shelf = shelf
        self._model = model
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(maxsize=most)
        self._progress: dict[int, Progress] = defaultdict(Progress)
        self._lock = Lock()
        self._thread: Thread | None = None
        self._pool: ProcessPoolExecutor | None = None

    def room(self, files: int) -> bool:
        """Whether that many more may wait."""
        return self._waiting.qsize() + files <= self._waiting.maxsize

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
        card = NetworkFile(self._model, threads=1).card
        while (one := self._waiting.get()) is not None:
            error = ""
            try:
                case = self._shelf.case(one.case_id, who=one.who)
                case.use(card)
                case.add([self._judged(one, card.model_id)])
            except LeukoLensError as failed:
                error = failed.reason
            except Exception:  # one bad file never ends a day's run; its name may be a patient's, and stays out
                _log.exception("an upload could not be judged")
                error = "could not be judged; the server's log tells why"
            with self._lock:
                before = self._progress[one.case_id]
                self._progress[one.case_id] = replace(before, judged=before.judged + 1, error=error)

    def _judged(self, one: Waiting, model_id: str) -> Judged:
        prediction = self._prediction(one, model_id)
        picture = None
        if prediction.pixels is not None:
            evidence = None if prediction.evidence is None else prediction.evidence.astype("<f4").tobytes()
            picture = Picture(jpeg=thumbnail(prediction.pixels), evidence=evidence)
        read = prediction.verdict is not None
        answer = Answer(
            cell=Cell() if read else None,
            model_id=prediction.model_id,
            version=__version__,
            verdict=prediction.verdict,
            p_all=prediction.p_all,
            band="" if prediction.band is None else "-".join(f"{end:.6f}" for end in prediction.band),
            hue=prediction.hue,
            reason=prediction.reason,
            judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
            picture=picture,
        )
        return Judged(
            path=one.name,
            sha256=prediction.sha256 or hashlib.sha256(one.path.read_bytes()).hexdigest(),
            patient=one.patient,
            kind="cut-out" if read else "unreadable",
            answers=(answer,),
        )

    def _prediction(self, one: Waiting, model_id: str) -> Prediction:
        if self._pool is None:
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=worker.begin, initargs=(self._model,))
        try:
            return self._pool.submit(worker.judge, one.path).result(timeout=SECONDS)
        except TooSlow:
            reason = f"took more than {SECONDS} s to decode"
        except BrokenProcessPool:
            reason = "needed more memory than an upload may take"
        self._end_worker()
        return Prediction(path=one.name, verdict=None, p_all=None, model_id=model_id, reason=reason)

    def _end_worker(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
