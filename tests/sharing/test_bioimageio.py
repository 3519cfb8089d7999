"""A package for bioimage.io, held to bioimageio.core's own test: it reads the form and runs the graph, offline."""

import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import onnx
import onnxruntime
import pytest
from command import python
from modelmaker import with_card
from PIL import Image

from leukolens import Classifier
from leukolens.base.errors import ModelError
from leukolens.model.card import METADATA_KEY
from leukolens.model.graph import read_graph
from leukolens.model.network_file import SHIPPED, SHIPPED_INT8, NetworkFile
from leukolens.research.data.phantoms import draw_cell

pytest.importorskip("bioimageio.spec", reason="needs the extra share")

from bioimageio.spec.utils import read_yaml

from leukolens.sharing import readme
from leukolens.sharing.bioimageio import AUTHORS, COVER, DESCRIPTION, LICENCE, MODEL, README, package

ROOT = Path(__file__).parents[2]
CELL = draw_cell("all", np.random.default_rng(0))
OFFLINE = """
import os, sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print(f"asked the network: {event} {arguments}", file=sys.stderr, flush=True)
        os._exit(77)
sys.addaudithook(refuse)
"""
VALIDATE = """
import json
from pathlib import Path
from bioimageio.core import test_model
from bioimageio.spec import load_description_and_validate_format_only

def answer(path):
    form = load_description_and_validate_format_only(path)
    done = test_model(path)
    ran = [one.name for one in done.details if one.status == "passed"]
    return {"form": form.status, "run": done.status, "ran": ran, "errors": [one.msg for one in done.errors]}

print(json.dumps([answer(Path(path)) for path in sys.argv[1:]]))
"""


def validated(*packages: Path) -> list[dict[str, Any]]:
    """What bioimageio.core says of each; fails where it asks the network."""
    pytest.importorskip("bioimageio.core", reason="pip install --no-deps bioimageio.core")
    done = python(OFFLINE + VALIDATE, *packages)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def packed(model: Path, out: Path) -> Path:
    """The package of a model that somebody else made."""
    package(model, out, cell=CELL, authors=["Our laboratory"], licence="CC-BY-4.0")
    return out


def parts(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def described(path: Path) -> dict[str, Any]:
    found = read_yaml(io.StringIO(parts(path)[DESCRIPTION].decode()))
    assert isinstance(found, dict)
    return found


def changed(path: Path, out: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The package with other contents."""
    files = parts(path)
    change(files)
    with ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out


def only_logit(path: Path) -> Path:
    """The model that ships, as a network whose head is not linear: it gives nothing but the logit."""
    proto = onnx.load(SHIPPED)
    del proto.graph.output[1:]
    (entry,) = (entry for entry in proto.metadata_props if entry.key == METADATA_KEY)
    card = json.loads(entry.value) | {"graph_digest": read_graph(proto.SerializeToString()).digest}
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, {METADATA_KEY: json.dumps(card)})
    onnx.save(proto, path)
    return path


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the model that comes with LeukoLens."""
    out = tmp_path_factory.mktemp("shipped") / "leukolens.zip"
    assert package(SHIPPED, out, cell=CELL) == NetworkFile(SHIPPED).card.model_id
    return out


@pytest.mark.slow
def test_bioimageios_own_test_passes_every_kind_of_model_and_fails_what_was_changed(
    shipped: Path, tmp_path: Path
) -> None:
    package(SHIPPED_INT8, tmp_path / "int8.zip", cell=CELL)
    own = with_card(SHIPPED, tmp_path / "own.onnx", lambda card: card.update(temperature=3.5, band=None, quality=None))
    good = [
        shipped,
        tmp_path / "int8.zip",
        packed(own, tmp_path / "own.zip"),
        packed(only_logit(tmp_path / "logit.onnx"), tmp_path / "logit.zip"),
    ]

    def damage(files: dict[str, bytes]) -> None:
        files[MODEL] = files[MODEL][:-1] + b"?"

    def lie(files: dict[str, bytes]) -> None:
        """An answer that the graph does not give, with a digest of its own."""
        other = parts(tmp_path / "int8.zip")["logit.npy"]
        digests = [described(one)["outputs"][0]["test_tensor"]["sha256"] for one in (shipped, tmp_path / "int8.zip")]
        files["logit.npy"] = other
        files[DESCRIPTION] = files[DESCRIPTION].replace(*(digest.encode() for digest in digests))

    bad = [changed(shipped, tmp_path / "damaged.zip", damage), changed(shipped, tmp_path / "lying.zip", lie)]
    *accepted, damaged, lying = validated(*good, *bad)
    for one in accepted:
        assert (one["form"], one["run"], one["errors"]) == ("valid-format", "passed", [])
        assert any("onnx" in name and "test outputs" in name for name in one["ran"]), one["ran"]
        assert any("batch_size: 2" in name for name in one["ran"]), one["ran"]
    assert (damaged["form"], damaged["run"]) == ("failed", "failed")
    assert (lying["form"], lying["run"]) == ("valid-format", "valid-format")  # the form alone: not passed
    assert any("Output 'logit': 1 of 1 elements disagree" in error for error in lying["errors"]), lying["errors"]


def test_the_package_holds_the_file_itself_and_says_whose_it_is(shipped: Path) -> None:
    files = parts(shipped)
    assert set(files) == {DESCRIPTION, MODEL, README, COVER} | {
        f"{name}.npy" for name in ("rgb", "logit", "evidence", "features")
    }
    assert files[MODEL] == SHIPPED.read_bytes()
    told = described(shipped)
    assert [one["name"] for one in told["authors"]] == list(AUTHORS)
    assert (told["license"], told["timestamp"]) == (LICENCE, NetworkFile(SHIPPED).card.created)
    assert told["cite"][0]["doi"] == "10.3389/frai.2025.1620252"
    (proto,) = (one for one in onnx.load_from_string(files[MODEL]).opset_import if one.domain == "")
    assert told["weights"]["onnx"]["opset_version"] == proto.version
    assert [one["id"] for one in told["outputs"]] == ["logit", "evidence", "features"]
    sizes = [[axis.get("size") for axis in one["axes"]] for one in (*told["inputs"], *told["outputs"])]
    assert sizes == [[None, None, 224, 224], [None], [None, 7, 7], [None, 1024]]
    assert files[README].decode() == readme.of_the_bare_graph(NetworkFile(SHIPPED), None)
    assert "http" not in files[DESCRIPTION].decode()  # an address would be asked for


def test_authors_licence_and_paper_are_those_of_the_repository() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (project["license"], tuple(one["name"] for one in project["authors"])) == (LICENCE, AUTHORS)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"license: {LICENCE}" in citation
    assert "doi: 10.3389/frai.2025.1620252" in citation


def test_the_graphs_answer_and_the_rules_give_what_leukolens_says(shipped: Path, tmp_path: Path) -> None:
    Image.fromarray(CELL).save(tmp_path / "cell.png")
    (prediction,) = Classifier()([tmp_path / "cell.png"])
    logit = np.load(io.BytesIO(parts(shipped)["logit.npy"]))
    rules = described(shipped)["config"]["leukolens"]
    assert prediction.p_all == pytest.approx(1 / (1 + np.exp(-logit[0] / rules["temperature"])), abs=1e-6)
    assert prediction.verdict == ("ALL" if prediction.p_all >= rules["threshold"] else "HEM")


def test_the_int8_form_allows_for_programs_that_fuse_no_layers(tmp_path: Path) -> None:
    package(SHIPPED_INT8, tmp_path / "int8.zip", cell=CELL)
    files = parts(tmp_path / "int8.zip")
    expected = {name: np.load(io.BytesIO(files[f"{name}.npy"])) for name in ("rgb", "logit", "evidence", "features")}
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(files[MODEL], options, providers=["CPUExecutionProvider"])
    given = dict(zip(("logit", "evidence", "features"), session.run(None, {"rgb": expected["rgb"]}), strict=True))
    told = described(tmp_path / "int8.zip")["config"]["bioimageio"]["reproducibility_tolerance"]
    assert [one["output_ids"] for one in told] == [["logit"], ["evidence"], ["features"]]
    for one in told:
        (name,) = one["output_ids"]
        limits = {"atol": one["absolute_tolerance"], "rtol": one["relative_tolerance"]}
        np.testing.assert_allclose(given[name], expected[name], **limits)
    assert not np.allclose(given["evidence"], expected["evidence"], rtol=1e-3, atol=1e-3)  # as others must be


def test_a_model_that_others_made_says_what_it_lacks(tmp_path: Path) -> None:
    own = with_card(SHIPPED, tmp_path / "own.onnx", lambda card: card.update(band=None, quality=None))
    told = described(packed(own, tmp_path / "own.zip"))
    assert ([one["name"] for one in told["authors"]], told["license"]) == (["Our laboratory"], "CC-BY-4.0")
    limits = told["config"]["bioimageio"]["bias_risks_limitations"]["limitations"]
    assert "it is never uncertain" in limits
    assert told["config"]["leukolens"]["band"] is None


def test_the_command_asks_no_network_and_makes_the_same_bytes(shipped: Path, tmp_path: Path) -> None:
    asked = python(OFFLINE + "import socket; socket.create_connection(('127.0.0.1', 9))")
    assert asked.returncode == 77
    again = tmp_path / "again.zip"
    done = python(OFFLINE + "from leukolens.cli import main; main(sys.argv[1:])", "package", "--out", again)
    assert done.returncode == 0, done.stderr
    assert again.read_bytes() == shipped.read_bytes()


def test_a_larger_crop_than_the_cell_is_black_around_it(tmp_path: Path) -> None:
    wide = with_card(SHIPPED, tmp_path / "wide.onnx", lambda card: card.update(preprocess={"crop": 900, "size": 224}))
    rgb = np.load(io.BytesIO(parts(packed(wide, tmp_path / "wide.zip"))["rgb.npy"]))
    assert rgb.shape == (1, 3, 224, 224)
    assert rgb[:, :, :55].max() == 0
    assert rgb[:, :, 112, 112].min() > 0


@pytest.mark.parametrize(
    ("authors", "licence", "reason"),
    [
        ([], "MIT", "does not say who made it"),
        (["A"], None, "what others may do with it"),
        (["A"], "ours", "a licence that SPDX does not list: ours"),
        (["A/B"], "mit", "makes no valid package"),
    ],
)
def test_what_cannot_be_shared_is_refused_and_nothing_written(
    authors: list[str], licence: str | None, reason: str, tmp_path: Path
) -> None:
    own = with_card(SHIPPED, tmp_path / "own.onnx", lambda card: card.update(temperature=3.5))
    with pytest.raises(ModelError, match=reason):
        package(own, tmp_path / "out.zip", cell=CELL, authors=authors, licence=licence)
    assert not (tmp_path / "out.zip").exists()
