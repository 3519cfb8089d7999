"""A stranger's 129 cells, under names of their own and with the patients in a table, become a model that ships.

The commands are those of docs/tutorial/own-data.md, which the test reads; only the network's size is made tiny.
"""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from command import leukolens
from ownmaker import write_own
from PIL import Image

from leukolens.predict.classifier import Classifier

PAGE = Path(__file__).parents[2] / "docs/tutorial/own-data.md"
TINY = ("--set", "preprocess.size=32", "--set", "batch=8", "--set", "epochs=1", "--set", "bn_momentum=0.1")
NETWORK = """
from torch import nn

class Small(nn.Sequential):
    def forward(self, x):
        return super().forward(x).mean(dim=(2, 3))

def build(settings):
    return Small(nn.Conv2d(3, 16, 5, stride=4), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU())
"""


def blocks_of_the_page(language: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return [text for name, text in fences if name == language]


def commands_of_the_page() -> list[list[str]]:
    """Every `leukolens …` line of the page's code blocks, in order."""
    lines = [line for block in blocks_of_the_page("") for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("leukolens ")]


def made_tiny(command: list[str]) -> list[str]:
    """32 px, one epoch and two tests instead of three: the steps are the page's."""
    fewer = ["2" if before == "--parts" else part for before, part in zip(["", *command], command, strict=False)]
    return [*fewer, *TINY] if command[0] in ("train", "benchmark", "release") else command


@pytest.mark.slow
def test_the_tutorials_commands_lead_from_a_folder_to_a_released_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_own(tmp_path)
    (tmp_path / "mine.py").write_text(NETWORK)
    (tmp_path / "mine.toml").write_text(blocks_of_the_page("toml")[0])
    monkeypatch.chdir(tmp_path)
    done = commands_of_the_page()
    assert [command[0] for command in done] == ["data", "train", "evaluate", "benchmark", "release", "predict"]
    said = {}
    for command in done:
        code = leukolens(*made_tiny(command))
        out, err = capsys.readouterr()
        said[command[0]] = out + err
        assert code in ((0, 1, 3) if command[0] == "predict" else (0,)), (command, out, err)
    assert "cells of 5 subjects: " in said["data"]
    assert "with fewer than 4 of a class" in said["train"]
    card = Classifier(tmp_path / "released/model.onnx").card
    assert card.protocol == "all"
    assert card.network == "mine:build"
    assert "answers to 129 cells of 10 subjects" in card.calibration
    assert card.missing == "" or "never uncertain" in card.missing  # 10 subjects cannot hold an error of 3 %
    assert Classifier(tmp_path / "released/model.onnx").reference is not None
    text = (tmp_path / "released/MODEL_CARD.md").read_text(encoding="utf-8")
    assert "The owner's own: " in text
    assert "Gupta" not in text
    facts = json.loads((tmp_path / "released/run.json").read_text())
    assert facts["patients_hash"]
    assert facts["network_digest"]
    assert str(tmp_path) not in (tmp_path / "released/run.json").read_text()
    grey = np.full((450, 450, 3), 90, np.uint8)
    Image.fromarray(grey).save(tmp_path / "wall.png")
    (refused,) = Classifier(tmp_path / "released/model.onnx")([tmp_path / "wall.png"])
    assert refused.verdict == "refused"
