"""What is watched: MLflow's own client reads back what was logged, and so does TensorBoard's own reader."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from leukolens.base.errors import RunError
from leukolens.model.preprocess import Preprocess
from leukolens.research.settings import Augmentation, TrainSettings
from leukolens.research.train.history import Epoch, read_history
from leukolens.research.train.run import RunPlan, train
from leukolens.research.train.track import EXPERIMENT, finish, flat, loggers, metrics_of

SMALL = TrainSettings(epochs=2, batch=8, preprocess=Preprocess(size=32), bn_momentum=0.1)


def test_settings_are_flat_and_of_plain_kinds() -> None:
    found = flat(replace(SMALL, augmentation=Augmentation(rotation=9.0)))
    assert found["preprocess.size"] == 32
    assert found["augmentation.rotation"] == 9.0
    assert found["noise"] == "[0.0, 3.0, 9.0]"
    assert flat(replace(SMALL, augmentation=None))["augmentation"] == "null"


def test_another_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"--track wandb: there is no such place\. Give --track tensorboard"):
        loggers(["wandb"], out=tmp_path)


@pytest.fixture
def mlflow_server(tmp_path: Path) -> Iterator[str]:
    """Address of a real one, on a database of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store, files = f"sqlite:///{tmp_path / 'server.db'}", str(tmp_path / "artifacts")
    options = ["--backend-store-uri", store, "--artifacts-destination", files, "--host", "127.0.0.1", "--workers", "1"]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), *options]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(address).status_code == 200:
                return
        assert server.poll() is None, "the server ended"
        time.sleep(0.2)
    raise AssertionError("the server does not answer")


def test_a_training_is_read_back_by_both(cells: Path, tmp_path: Path, mlflow_server: str) -> None:
    mlflow = pytest.importorskip("mlflow", reason="needs the extra track")
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="needs track")
    uri = mlflow_server
    out = tmp_path / "watched"
    targets = ("tensorboard", f"mlflow:{uri}")
    train(RunPlan(data=cells, out=out, fold="0", init="random", settings=SMALL, track=targets))
    history = read_history(out / "history.csv")
    client = mlflow.MlflowClient(tracking_uri=uri)
    (run,) = client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id])
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "watched"
    assert run.data.params["preprocess.size"] == "32"
    for name in metrics_of(history[0]):
        told = [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, name)]
        assert told == [(epoch.number, pytest.approx(getattr(epoch, name))) for epoch in history]
    events = reader.EventAccumulator(str(out / "tensorboard")).Reload()
    told = [(one.step, one.value) for one in events.Scalars("val_loss")]
    assert told == [(epoch.number, pytest.approx(epoch.val_loss)) for epoch in history]


def test_an_epoch_is_logged_by_its_columns() -> None:
    epoch = Epoch(
        number=3, learning_rate=0.1, train_loss=1, train_accuracy=0.5, val_loss=2, val_accuracy=0.4, seconds=7
    )
    assert set(metrics_of(epoch)) == {
        "learning_rate",
        "train_loss",
        "train_accuracy",
        "val_loss",
        "val_accuracy",
        "seconds",
    }
    finish([])
