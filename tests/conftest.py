"""Fixtures that many tests share: generated cells, a tiny trained run, and the real data where they are."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from casemaker import postgres_of_its_own
from filelock import FileLock
from recipemaker import settled

from leukolens.model import form
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or fills the user's own cache."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["LEUKOLENS_CACHE"] = str(folder)
    yield folder
    del os.environ["LEUKOLENS_CACHE"]


@pytest.fixture(scope="session", autouse=True)
def processor() -> Iterator[None]:
    """Tests see the same answers on every processor: this one suits the float form (tests/model/test_form.py)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(form, "suited", lambda: form.Suited(form="float", because="this processor is a test's"))
        yield


@pytest.fixture(scope="session", autouse=True)
def database() -> Iterator[None]:
    """Each process of `--numprocesses` has a PostgreSQL database of its own: tests count what stands there."""
    if "PYTEST_XDIST_WORKER" not in os.environ or not os.environ.get("LEUKOLENS_TEST_POSTGRES"):
        yield
        return
    with postgres_of_its_own() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEUKOLENS_TEST_POSTGRES", url)
        yield


@pytest.fixture(scope="module")
def one_ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One module with Ray at a time: two that start at once on two cores miss the 30 s that Ray allows itself."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "ray.lock"):
        yield


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """96 generated cells: 2 folds × 2 classes × 4 subjects × 6 cells. Do not change them: the fixture is shared."""
    folder = tmp_path_factory.mktemp("cells") / "cells"
    write_phantoms(folder, PhantomSettings(folds=2, subjects=4, cells=6))
    return folder


@pytest.fixture(scope="session")
def run(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run: fold 0 of `cells`, 2 epochs from random weights at 64 px. Do not change it."""
    from runmaker import plan

    from leukolens.research.train.run import train

    out = tmp_path_factory.mktemp("runs") / "run"
    train(plan(cells, out))
    return out


@pytest.fixture(scope="session")
def model(run: Path) -> Path:
    """The model file of `run`."""
    return run / "model.onnx"


@pytest.fixture
def folder(cells: Path, tmp_path: Path) -> Path:
    """Three good cells, one below; two bad files; one that is no image by name."""
    place = tmp_path / "cells"
    (place / "deep").mkdir(parents=True)
    names = ("UID_H1_1_1_hem.bmp", "UID_H1_1_2_hem.bmp", "UID_H2_1_1_hem.bmp")
    for name, target in zip(names, ("a.bmp", "c.bmp", "deep/e.BMP"), strict=True):
        shutil.copy(cells / "fold_0/hem" / name, place / target)
    (place / "b.png").write_text("no image")
    (place / "d.tif").write_bytes(b"")
    (place / "notes.txt").write_text("notes")
    return place


@pytest.fixture(scope="session")
def benchmarked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a quick benchmark of the recipe 'settled' on generated cells. Do not change it.

    It takes minutes: the processes of `--numprocesses` share one.
    """
    from leukolens.research.experiments import benchmark

    own = tmp_path_factory.getbasetemp()
    out = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "benchmark"
    with FileLock(f"{out}.lock"):
        if not (out / "report.html").exists():
            assert benchmark.quick(out, recipes={"settled": settled()}) == out / "report.html"
    return out


@pytest.fixture(scope="session")
def shipped(benchmarked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of `leukolens release`: one model of all subjects, calibrated by `benchmarked`. Do not change it."""
    from leukolens.research.experiments.benchmark import shortened
    from leukolens.research.experiments.release import release

    out = tmp_path_factory.mktemp("shipped") / "run"
    release(
        benchmarked / "cells",
        benchmarked,
        out,
        recipe="settled",
        settings=shortened(settled()),
        init="random",
    )
    return out
