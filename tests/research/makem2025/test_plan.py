"""A plan has a job for each system and fold, keyed by settings and data."""

from pathlib import Path

import pytest

from leukolens.base.errors import RunError
from leukolens.research.makem2025.plan import Options, make_plan
from leukolens.research.makem2025.systems import systems
from leukolens.research.settings import TrainSettings


def test_a_name_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    catalogue = systems(TrainSettings())
    with pytest.raises(RunError, match="there is no system 'mobilenet'"):
        make_plan({}, catalogue, Options(out=tmp_path, only=("mobilenet",)))
