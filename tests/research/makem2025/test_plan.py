"""A plan has a job for each system and fold, keyed by settings and data."""

from dataclasses import replace
from pathlib import Path

import pytest
from splitmaker import cells_of
from storemaker import store

from leukolens.base.errors import RunError
from leukolens.research.makem2025.plan import EPOCHS, Job, Options, listed, make_plan
from leukolens.research.makem2025.systems import SHORT_EPOCHS, systems
from leukolens.research.settings import TrainSettings


def test_a_name_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    catalogue = systems(TrainSettings())
    with pytest.raises(RunError, match="there is no system 'mobilenet'"):
        make_plan({}, catalogue, Options(out=tmp_path, only=("mobilenet",)))


def plan(out: Path, *only: str, recipe: TrainSettings | None = None, **options: object) -> list[Job]:
    return make_plan({"0": store()}, systems(recipe or TrainSettings()), Options(out=out, only=only, **options))  # type: ignore[arg-type]


def test_a_job_for_each_system_and_fold(tmp_path: Path) -> None:
    catalogue = systems(TrainSettings())
    jobs = make_plan({"0": store(), "1": store()}, catalogue, Options(out=tmp_path))
    assert [(one.fold, one.system.name) for one in jobs] == [(fold, name) for fold in "01" for name in catalogue]
    assert {one.state for one in jobs} == {"to do"}
    assert len({one.folder for one in jobs}) == len(jobs)


def test_the_folder_is_named_after_recipe_start_and_cells(tmp_path: Path) -> None:
    (one,) = plan(tmp_path, "alnett")
    assert one.folder.parent == tmp_path / "runs"
    assert one.folder.name.startswith("alnett-f0-")
    others = [
        *plan(tmp_path, "alnett", recipe=TrainSettings(seed=1)),
        *plan(tmp_path, "alnett", init="random"),
    ]
    fewer = {"0": store(cells_of({"1": 3, "H1": 3}))}
    others += make_plan(fewer, systems(TrainSettings()), Options(out=tmp_path, only=("alnett",)))
    assert len({one.folder, *(other.folder for other in others)}) == 4
    assert plan(tmp_path, "alnett", init="/a/w.npz")[0].folder == plan(tmp_path, "alnett", init="/b/w.npz")[0].folder


def test_what_is_done_takes_no_time_and_more_work_takes_more(tmp_path: Path) -> None:
    small, large, classical = plan(tmp_path, "alnett", "vgg16", "putzu_2014")
    assert 0 < classical.minutes < small.minutes < large.minutes
    assert large.minutes / small.minutes == pytest.approx(15.5 * SHORT_EPOCHS / (0.36 * EPOCHS))
    (short,) = plan(tmp_path / "short", "alnett", recipe=TrainSettings(epochs=9))
    assert short.minutes == pytest.approx(small.minutes * 9 / EPOCHS)
    small.folder.mkdir(parents=True)
    assert plan(tmp_path, "alnett")[0].state == "cut"
    (small.folder / "metrics.json").touch()
    (again,) = plan(tmp_path, "alnett")
    assert (again.state, again.minutes) == ("done", 0)


def test_the_list_ends_with_the_sum(tmp_path: Path) -> None:
    made = zip(plan(tmp_path, "alnett", "vgg16"), (2, 40), strict=True)
    jobs = [replace(one, minutes=minutes) for one, minutes in made]
    lines = listed(jobs).splitlines()
    assert lines[0].split() == ["alnett", "fold", "0", "to", "do", "2", "min"]
    assert lines[-1] == "about 42 min on two cores, less with a GPU"
