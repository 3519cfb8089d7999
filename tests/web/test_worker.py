"""The worker judges as the Classifier does, within its memory."""

import sys
from pathlib import Path

import numpy as np
import pytest
from command import python
from PIL import Image

from leukolens.research.data.phantoms import draw_cell

CODE = """
import json, resource, sys
from pathlib import Path
from leukolens import Classifier
from leukolens.model.network_file import SHIPPED
from leukolens.web import worker

before = resource.getrlimit(resource.RLIMIT_AS)
(alone,) = Classifier(SHIPPED, threads=1)([sys.argv[1]])
worker.begin()
judged = [worker.judge(Path(name), SHIPPED) for name in sys.argv[1:]]
ones = [getattr(one, "predictions", (one,))[0] for one in judged]
try:
    bytearray(worker.MEMORY + 1)
    held = False
except MemoryError:
    held = True
print(json.dumps({
    "same": [ones[0].verdict, ones[0].p_all] == [alone.verdict, alone.p_all],
    "shown": [one.pixels is not None for one in ones],
    "reason": ones[1].reason,
    "held": held,
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory")
def test_it_judges_as_the_classifier_within_its_memory(tmp_path: Path) -> None:
    Image.fromarray(draw_cell("all", np.random.default_rng(0))).save(tmp_path / "a.bmp")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = python(CODE, tmp_path / "a.bmp", tmp_path / "b.png")
    assert done.returncode == 0, done.stderr
    assert '"same": true, "shown": [true, false]' in done.stdout
    assert '"held": true' in done.stdout
    assert '"reason": ""' not in done.stdout
