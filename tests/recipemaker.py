"""Recipes for tests."""

from leukolens.research.settings import TrainSettings


def settled() -> TrainSettings:
    """The paper's recipe on a cosine schedule, which `leukolens release` needs."""
    return TrainSettings(schedule="cosine")
