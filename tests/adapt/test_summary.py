"""What is said of a taught model."""

from adaptmaker import known

from leukolens.adapt.summary import report
from leukolens.adapt.teach import learn
from leukolens.model.network_file import NetworkFile


def test_few_patients_are_said(parent: NetworkFile) -> None:
    assert "One class has 2 patients: with fewer than 5, the interval is too narrow" in report(
        learn(known(parent, patients=2), parent)
    )
    assert "too narrow" not in report(learn(known(parent, 60, patients=6), parent))
