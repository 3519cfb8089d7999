"""The process that decodes and judges uploads, with bounded memory: a malicious image ends it, not the server."""

import sys
from pathlib import Path

from leukolens.predict.classifier import Classifier
from leukolens.predict.prediction import Judgement

MEMORY = 4 * 1024**3
"""Bytes of address space; the largest image that is taken needs under 1 GiB, the model as much (measured)."""
_classifier: Classifier | None = None


def begin(model: Path) -> None:
    """Once in each worker process."""
    global _classifier
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _classifier = Classifier(model, threads=1, batch=1)


def judge(path: Path) -> Judgement:
    """One file, with what a page shows of it."""
    assert _classifier is not None
    (judgement,) = _classifier.judge([path], explain=True)
    return judgement
