"""`--set`: every setting by name, checked against its own type."""

import pytest

from leukolens.base.errors import RunError
from leukolens.research.overrides import with_overrides
from leukolens.research.settings import Augmentation, TrainSettings

GOOD: list[tuple[str, str, object]] = [
    ("batch=32", "batch", 32),
    ("learning_rate=0.01", "learning_rate", 0.01),
    ("learning_rate=1", "learning_rate", 1.0),
    ("balance=false", "balance", False),
    ("noise=[0,3]", "noise", (0, 3)),
    ("noise=[]", "noise", ()),
    ("schedule=cosine", "schedule", "cosine"),
    ('schedule="cosine"', "schedule", "cosine"),
    ("input_range=-1..1", "input_range", "-1..1"),
    ("augmentation=null", "augmentation", None),
    ("augmentation.rotation=180", "augmentation", Augmentation(rotation=180.0)),
    ("augmentation.zoom=[0.5, 2]", "augmentation", Augmentation(zoom=(0.5, 2))),
]


@pytest.mark.parametrize(("assignment", "name", "value"), GOOD)
def test_a_setting_takes_its_value_and_the_others_stay(assignment: str, name: str, value: object) -> None:
    before = TrainSettings()
    after = with_overrides(before, [assignment])
    assert getattr(after, name) == value
    assert type(getattr(after, name)) is type(value)
    assert getattr(before, name) != value
    changed = [key for key in vars(before) if getattr(before, key) != getattr(after, key)]
    assert changed == [name]


def test_a_nested_setting_leaves_its_neighbours_alone() -> None:
    settings = with_overrides(TrainSettings(), ["preprocess.size=64", "preprocess.crop=200", "augmentation.flip=0"])
    assert (settings.preprocess.size, settings.preprocess.crop) == (64, 200)
    assert settings.augmentation == Augmentation(flip=0.0)


def test_the_last_of_two_values_counts() -> None:
    assert with_overrides(TrainSettings(), ["batch=4", "batch=8"]).batch == 8


def test_no_assignments_change_nothing() -> None:
    assert with_overrides(TrainSettings(), []) == TrainSettings()


@pytest.mark.parametrize(
    "assignment",
    [
        "batch=fast",
        "batch=1.5",
        "batch=true",
        "batch=null",
        "balance=1",
        "noise=3",
        'noise=["3"]',
        "schedule=steps",
        "learning_rate=quick",
        "augmentation=5",
        "augmentation.zoom=[1]",
        "augmentation.zoom=0.5",
        "preprocess=null",
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(assignment: str) -> None:
    name = assignment.partition("=")[0].rpartition(".")[2]
    with pytest.raises(RunError) as caught:
        with_overrides(TrainSettings(), [assignment])
    assert assignment in str(caught.value)
    assert f"{name} takes" in str(caught.value)


def test_an_unknown_setting_lists_those_there_are() -> None:
    with pytest.raises(
        RunError, match=r"no setting 'speed'\. There are: .*augmentation, .*balance, batch, .*stop_patie"
    ):
        with_overrides(TrainSettings(), ["speed=9"])


def test_an_unknown_part_lists_its_parts() -> None:
    with pytest.raises(RunError, match=r"no setting 'spin'\. There are: brightness, brightness_stretch, flip, grey, "):
        with_overrides(TrainSettings(), ["augmentation.spin=9"])


@pytest.mark.parametrize("assignments", [["batch.size=3"], ["augmentation=null", "augmentation.rotation=3"]])
def test_a_setting_without_parts_says_so(assignments: list[str]) -> None:
    with pytest.raises(RunError, match="has no parts"):
        with_overrides(TrainSettings(), assignments)


@pytest.mark.parametrize("assignment", ["batch", ""])
def test_an_assignment_without_a_value_is_refused(assignment: str) -> None:
    with pytest.raises(RunError, match=r"has no '='\. Write --set batch=32"):
        with_overrides(TrainSettings(), [assignment])
