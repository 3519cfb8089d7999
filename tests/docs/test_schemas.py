"""The JSON Schemas are current, and what is really written holds to them."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from command import leukolens

from leukolens.predict.classifier import Classifier
from leukolens.research.evaluate.evaluate import evaluate, write

REFERENCE = Path(__file__).resolve().parents[2] / "docs/reference"
_spec = importlib.util.spec_from_file_location("generate_schemas", REFERENCE / "generate.py")
assert _spec is not None
assert _spec.loader is not None
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


def holds(name: str, value: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the extra dev")
    schema = json.loads((REFERENCE / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(value, schema, cls=jsonschema.Draft202012Validator)


def test_the_schemas_and_their_page_are_current() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in (REFERENCE / "schemas").iterdir()}
    assert there == generate.schemas(), "run python docs/reference/generate.py"
    assert (REFERENCE / "schemas.md").read_text(encoding="utf-8") == generate.schemas_page()


def test_predictions_and_patients_hold(folder: Path, model: Path, tmp_path: Path) -> None:
    tables = ("--jsonl", tmp_path / "x.jsonl", "--patients", tmp_path / "p.json")
    assert leukolens("predict", folder, "--model", model, "--patient-from", "parent", *tables) == 3
    lines = (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    for line in lines:
        holds("predictions", json.loads(line))
    patients = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    holds("patients", patients)
    jsonschema = pytest.importorskip("jsonschema")
    with pytest.raises(jsonschema.ValidationError):
        holds("patients", [{**patients[0], "judged": -1}])


def test_a_run_and_its_model_hold(run: Path, tmp_path: Path) -> None:
    holds("run", json.loads((run / "run.json").read_text()))
    holds("model-card", json.loads(Classifier(run / "model.onnx").card.to_json()))
    write(evaluate(run, sigmas=(0.0,)), tmp_path)
    holds("metrics", json.loads((tmp_path / "metrics.json").read_text()))


@pytest.mark.slow
def test_a_benchmark_holds(benchmarked: Path) -> None:
    for path in (benchmarked / "runs").glob("*/held_out.json"):
        holds("held-out", json.loads(path.read_text()))


def test_the_published_experiments_hold() -> None:
    files = sorted((REFERENCE.parents[1] / "results/held-out-patients/runs").glob("*/held_out.json"))
    assert files
    for path in files:
        facts = json.loads(path.read_text())
        if "model_id" in facts:
            holds("held-out", facts)
