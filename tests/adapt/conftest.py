"""The model that the tests of this room teach."""

import pytest

from leukolens.model.network_file import NetworkFile


@pytest.fixture(scope="session")
def parent() -> NetworkFile:
    """The float form."""
    return NetworkFile(threads=1)
