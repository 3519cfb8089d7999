"""Where the tests of this room make their cases."""

import uuid
from pathlib import Path

import pytest
from casemaker import postgres


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The arguments of `Case.create` and `Case.open`: for a file, and for PostgreSQL where there is one."""
    if request.param == "file":
        return {"where": str(tmp_path / "new/day 1.case")}
    return {"where": postgres(), "name": uuid.uuid4().hex}
