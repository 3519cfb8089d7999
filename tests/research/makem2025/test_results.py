"""What runs left is read back: counts, which cells were right, whose code; and why one was not run."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from resultmaker import GOOD, WORSE, job, result

from leukolens.research.makem2025.results import read_results


def done(folder: Path, *, right: list[bool]) -> None:
    """A finished run of a method that is no network."""
    folder.mkdir(parents=True)
    noise = [{"sigma": sigma, "confusion": [[1, 2], [3, 4]], "auroc": 0.5 + sigma} for sigma in (0.0, 0.25)]
    (folder / "metrics.json").write_text(json.dumps({"noise": noise, "commit": "abc"}))
    with (folder / "predictions.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerows([("label", "verdict"), *(("ALL", "ALL" if one else "HEM") for one in right)])


def test_a_done_run_is_read_back(tmp_path: Path) -> None:
    one = job("putzu_2014", tmp_path)
    done(one.folder, right=[True, False, True])
    (found,) = read_results([one], not_run="why.txt")
    assert found.confusions == {0.0: ((1, 2), (3, 4)), 0.25: ((1, 2), (3, 4))}
    assert found.aurocs == {0.0: 0.5, 0.25: 0.75}
    assert found.right.tolist() == [True, False, True]
    assert (found.commit, found.reason, found.history) == ("abc", "", ())


def test_one_that_was_not_run_says_why(tmp_path: Path) -> None:
    told, silent = job("vgg16", tmp_path), job("resnet50", tmp_path)
    told.folder.mkdir(parents=True)
    (told.folder / "why.txt").write_text("no GPU")
    found = read_results([told, silent], not_run="why.txt")
    assert [one.reason for one in found] == ["no GPU", "not asked for, or cut before its end"]
    assert [len(one.confusions) + len(one.right) for one in found] == [0, 0]


def test_metrics_are_those_of_the_counts() -> None:
    one = result("putzu_2014", GOOD, WORSE, sigmas=(0.0, 5.0))
    assert one.metric("accuracy") == pytest.approx(140 / 150)
    assert one.metric("balanced_accuracy") == pytest.approx((0.9 + 0.95) / 2)
    assert one.metric("accuracy", 5.0) == pytest.approx(120 / 150)
    assert one.shown("accuracy").startswith("0.933 [0.")
    low, high = map(float, one.shown("accuracy").partition("[")[2].rstrip("]").split("–"))
    assert low < 140 / 150 < high < low + 0.12


def test_two_are_compared_on_the_same_cells() -> None:
    good, worse = result("mobilenet_m", GOOD), result("putzu_2014", WORSE)
    assert good.against(good) == "+0.000 [+0.000 to +0.000]"
    told = worse.against(good)
    assert told.startswith(f"{worse.right.mean() - good.right.mean():+.3f} [-0.")
    assert np.isclose(worse.right.mean(), 120 / 150)
    assert replace(worse, right=np.zeros(0, np.bool_)).against(good) == "-0.133"


def test_a_run_whose_predictions_were_not_kept_still_has_its_counts(tmp_path: Path) -> None:
    one = job("putzu_2014", tmp_path)
    done(one.folder, right=[True])
    (one.folder / "predictions.csv").unlink()
    (found,) = read_results([one], not_run="why.txt")
    assert found.metric("accuracy") == 0.5
    assert not len(found.right)
