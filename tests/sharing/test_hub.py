"""push and pull through Hugging Face's own client, to a hub on this machine: what comes back is what was sent."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hubkeeper import Hub, hub_server

from leukolens.model.network_file import SHIPPED, NetworkFile
from leukolens.sharing.hub import CARD, MODEL, SUMS

DIGEST = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with hub_server() as found:
        yield found


def leukolens(hub: Hub, home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HF_ENDPOINT": hub.address, "HF_TOKEN": "hf_test", "HF_HOME": str(home)}
    command = [sys.executable, "-m", "leukolens", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)


@pytest.mark.slow
def test_a_model_goes_and_comes_back_with_card_and_digest(hub: Hub, tmp_path: Path) -> None:
    sent = leukolens(hub, tmp_path, "push", SHIPPED, "lab/blasts", "--licence", "apache-2.0")
    assert sent.stdout.strip() == DIGEST, sent.stderr
    assert hub.private == {"lab/blasts": True}
    (files,) = hub.commits["lab/blasts"].values()
    assert set(files) == {MODEL, CARD, SUMS}
    assert files[MODEL] == SHIPPED.read_bytes()
    card = files[CARD].decode()
    assert card.startswith("---\nlicense: apache-2.0\n")
    assert NetworkFile(SHIPPED).card.model_id in card
    out = tmp_path / "got.onnx"
    got = leukolens(hub, tmp_path, "pull", "lab/blasts", "--out", out, "--digest", DIGEST)
    assert got.stdout == f"{out}: model {NetworkFile(SHIPPED).card.model_id}\n", got.stderr
    assert out.read_bytes() == SHIPPED.read_bytes()
    again = leukolens(hub, tmp_path, "pull", "lab/blasts", "--out", out)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    other = leukolens(hub, tmp_path, "pull", "lab/blasts", "--out", tmp_path / "x.onnx", "--digest", "0" * 64)
    assert "not the expected one. Do not use it" in other.stderr
    files[MODEL] = files[MODEL][:-1] + b"?"
    damaged = leukolens(hub, tmp_path, "pull", "lab/blasts", "--out", tmp_path / "x.onnx")
    assert (damaged.returncode, "not the expected one" in damaged.stderr) == (1, True)
    assert not (tmp_path / "x.onnx").exists()


def test_a_repository_that_is_not_there_is_named(hub: Hub, tmp_path: Path) -> None:
    done = leukolens(hub, tmp_path, "pull", "lab/nothing", "--out", tmp_path / "x.onnx")
    assert done.returncode == 1
    assert "lab/nothing: cannot be pulled" in done.stderr
