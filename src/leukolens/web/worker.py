"""The process that decodes and judges uploads, with bounded memory: a malicious image ends it, not the server."""

import sys
from functools import lru_cache
from pathlib import Path

from leukolens.predict.classifier import Classifier
from leukolens.predict.prediction import Judgement

MEMORY = 4 * 1024**3
"""Bytes of address space; the largest image that is taken needs under 1 GiB, the model as much (measured)."""


def begin() -> None:
    """Once in each worker process."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def judge(path: Path, model: Path) -> Judgement:
    """One file, with what a page shows of it. model: its file; it stays open for the next."""
    (judgement,) = _classifier(model).judge([path], explain=True)
    return judgement


@lru_cache(maxsize=1)
def _classifier(model: Path) -> Classifier:
    return Classifier(model, threads=1, batch=1)
