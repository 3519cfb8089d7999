"""Ensembles fuse what is done, by its order of cells; what cannot run here leaves its reason and stops nothing."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from resultmaker import job
from storemaker import store

from leukolens.base.errors import Diverged, WeightsError
from leukolens.research.data.cell import labels_of
from leukolens.research.data.run_facts import FACTS
from leukolens.research.data.split import make_split
from leukolens.research.experiments.jobs import NOT_RUN
from leukolens.research.makem2025 import execute as module
from leukolens.research.makem2025.cost import COST
from leukolens.research.makem2025.execute import execute
from leukolens.research.makem2025.plan import Job, Options
from leukolens.research.makem2025.unseen import UNSEEN
from leukolens.research.older.fit import Fitted
from leukolens.research.older.table import FeatureTable
from leukolens.research.train.run import RunPlan

STORE = store()
SPLIT = make_split(STORE.cells, STORE.digests, protocol="paper", seed=0)
TEST, VAL = (len(SPLIT.rows[part]) for part in ("test", "val"))  # type: ignore[index]


def run(jobs: list[Job], out: Path, **options: object) -> None:
    execute(jobs, out / "cells", {"0": STORE}, Options(out=out, **options), seed=0)  # type: ignore[arg-type]


def member(one: Job, p_test: float) -> Job:
    """A finished one that answers the same to every cell, and to the first the contrary."""
    one.folder.mkdir(parents=True)
    answers = [1 - p_test, *[p_test] * (TEST - 1)]
    with (one.folder / "predictions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("p_all_sigma_0",), *((p,) for p in answers)])
    (one.folder / "validation.json").write_text(json.dumps([0.5] * VAL))
    (one.folder / "metrics.json").write_text("{}")
    (one.folder / COST).touch()
    return Job(**{**vars(one), "state": "done"})


def answers(one: Job) -> list[float]:
    with (one.folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return [float(row["p_all_sigma_0"]) for row in csv.DictReader(file)]


def test_a_vote_is_the_share_of_the_members_that_are_done(tmp_path: Path) -> None:
    vote = job("fused_vote", tmp_path)
    members = [member(job(name, tmp_path), p) for name, p in (("mobilenet_m", 0.9), ("putzu_2014", 0.2))]
    run([vote, *members], tmp_path)
    assert answers(vote) == [0.5] * TEST
    facts = json.loads((vote.folder / "metrics.json").read_text())
    assert facts["fused_of"] == ["mobilenet_m", "putzu_2014"]
    member(job("alnett", tmp_path), 0.8)
    again = Job(**{**vars(vote), "state": "done"})
    run([again, *members, job("alnett", tmp_path, state="done")], tmp_path)  # one more is done: it is made anew
    assert answers(vote) == pytest.approx([1 / 3, *[2 / 3] * (TEST - 1)], abs=1e-6)


def test_an_ensemble_without_two_members_says_so_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "feature_table", lambda _: FeatureTable(names=(), values=np.zeros((0, 0))))
    fitted = Fitted(p_val=np.full(VAL, 0.25), p_test=np.full(TEST, 0.75))
    monkeypatch.setattr(module, "fit_pipeline", lambda *_, **__: fitted)
    vote, classical = job("fused_vote", tmp_path), job("putzu_2014", tmp_path)
    run([vote, classical], tmp_path)
    assert (vote.folder / NOT_RUN).read_text() == "needs two of mobilenet_m, alnett, putzu_2014"
    assert answers(classical) == [0.75] * TEST
    assert json.loads((classical.folder / "validation.json").read_text()) == [0.25] * VAL
    facts = json.loads((classical.folder / "metrics.json").read_text())
    assert facts["model_id"] == "putzu_2014"
    assert [row["sigma"] for row in facts["noise"]] == [0]


def test_a_network_that_would_take_too_long_waits_for_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    long = job("vgg16", tmp_path, minutes=500.0)
    run([long], tmp_path, limit=240.0)
    assert (long.folder / NOT_RUN).read_text().startswith("about 500 min on two cores; raise --limit")


def test_a_network_without_weights_starts_from_random_ones_and_goes_on_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def train(plan: RunPlan) -> None:
        started.append(plan.init)
        if plan.init == "imagenet":
            raise WeightsError("out of reach")
        plan.out.mkdir(parents=True, exist_ok=True)
        (plan.out / FACTS).write_text("{}")
        raise Diverged("cut here")

    monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(module, "read_run_facts", lambda _: SimpleNamespace(init="random"))
    one = job("alexnet", tmp_path)
    run([one], tmp_path)
    run([one], tmp_path)
    assert started == ["imagenet", "random", "random"]
    assert (one.folder / NOT_RUN).read_text() == "cut here"


def test_a_folder_of_weights_comes_before_the_networks_own_source(tmp_path: Path) -> None:
    (tmp_path / "resnet50_v1.npz").touch()
    options = Options(out=tmp_path, weights=tmp_path)
    assert module._start("resnet50_v1", options) == str(tmp_path / "resnet50_v1.npz")
    assert module._start("vgg16", options) == "imagenet"


def test_a_weighted_ensemble_weighs_by_validation_and_fuses_unseen_patients_alike(tmp_path: Path) -> None:
    fused = job("eralp_2024", tmp_path)
    good, bad = (member(job(name, tmp_path), p) for name, p in (("resnet18", 0.9), ("mobilenet_v2", 0.2)))
    truth = labels_of(STORE.cells)[list(SPLIT.rows["val"])]
    for one, right in ((good, 1.0), (bad, 0.0)):
        answers_ = [abs(float(label) - (1 - right)) for label in truth]
        (one.folder / "validation.json").write_text(json.dumps(answers_))
        rows = [{"label": "ALL", "subject": "1", "verdict": "", "model_id": "", "p_all_sigma_0": f"{right:.6f}"}]
        with (one.folder / UNSEEN).open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    run([fused, good, bad], tmp_path)
    assert answers(fused) == pytest.approx([0.1, *[0.9] * (TEST - 1)], abs=1e-6)  # one is always right, one never
    with (fused.folder / UNSEEN).open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["verdict"], row["model_id"], float(row["p_all_sigma_0"])) == ("ALL", "eralp_2024", 1.0)


def test_a_finder_needs_the_model_of_its_network(tmp_path: Path) -> None:
    finder = job("yolo_like", tmp_path)
    run([finder, job("mobilenet_m_short", tmp_path)], tmp_path, limit=0.0)
    assert (finder.folder / NOT_RUN).read_text() == "needs the model of mobilenet_m_short"


@pytest.mark.parametrize(
    ("network", "init", "start"),
    [
        ("mobilenet_m", "w.npz", "w.npz"),
        ("resnet50", "w.npz", "imagenet"),  # the file holds MobileNet's weights
        ("alnett", "imagenet", "random"),  # nobody has any
        ("resnet50", "random", "random"),
    ],
)
def test_where_a_network_starts(network: str, init: str, start: str, tmp_path: Path) -> None:
    assert module._start(network, Options(out=tmp_path, init=init)) == start
