"""`leukolens export`: a run, or a model file, to one file, which takes its place only when it has passed its gate."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import onnx
import torch

from leukolens.base import atomic
from leukolens.base.errors import RunError
from leukolens.model.card import FORMAT, METADATA_KEY, ModelCard, from_json
from leukolens.model.network_file import as_input
from leukolens.predict.classifier import Classifier
from leukolens.research.export import gate, quantise
from leukolens.research.export.forms import LiteRT, Onnx
from leukolens.research.export.gate import Parity
from leukolens.research.export.source import Source, onnx_answers, open_source, torch_answers, trained_network
from leukolens.research.networks.onnx_file import export_onnx, with_card

log = logging.getLogger(__name__)

Target = Literal["onnx", "onnx-int8", "litert", "litert-int8"]
NAMES: dict[Target, str] = {
    "onnx": "model.onnx",
    "onnx-int8": "model-int8.onnx",
    "litert": "model.tflite",
    "litert-int8": "model-int8.tflite",
}
"""What a file is called in the run's folder."""
FLOAT_FIRST = (2, 3, 5, 7)
"""How many first convolutions stay in float: each is tried in turn until one passes the gate. Verdicts that agree, of
500 training cells of the model that ships: none 98.2 %, one 97.6 %, two and three 99.2 %; one in float less saves a
seventh of the time (2.0 for 2.4 ms)."""
SAMPLE = 2
"""Cells with which torch traces and first compares."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file that was written, and how it compares with what it was made from."""

    path: Path
    card: ModelCard
    parity: Parity
    megabytes: float
    """10⁶ bytes."""


def export(
    run: Path,
    to: Target,
    *,
    out: Path | None = None,
    data: Path | None = None,
    patient_from: str | None = None,
    seed: int = 0,
) -> Exported:
    """Write `run`'s model as `to`, to `out` or beside the run's other files.

    run: the folder of a finished run; or a model file, for all forms but 'onnx', and then with `data`. data,
    patient_from: where the cells stand now and whose they are; default as at training. seed: draws the cells that
    calibrate and check. Raises ModelError, and writes nothing, when the gate is not passed; RunError when the run
    cannot be read.
    """
    form = Onnx() if to.startswith("onnx") else LiteRT()
    source = open_source(run, data=data, patient_from=patient_from, seed=seed)
    path = out or (run.parent if run.is_file() else run) / NAMES[to]
    if to != "onnx" and path.resolve() == source.classifier.path.resolve():
        raise RunError("is the model that the export is made from", path=path, hint="Give another --out")
    if to.endswith("int8"):
        exported = to_int8(source, path, form)
    else:
        exported = to_onnx(source, path) if to == "onnx" else to_litert(source, path)
    log.info(f"{len(source.labels)} {source.part} cells: {exported.parity.describe()}")
    log.info(f"model {exported.card.model_id}, {exported.megabytes:.1f} MB: {path}")
    return exported


def to_onnx(source: Source, path: Path) -> Exported:
    """Float, from the trained weights, with the run's card. The gate compares with torch."""
    network = trained_network(source)
    before = torch_answers(network, source, "torch")
    metadata = onnx.load(source.classifier.path).metadata_props
    with atomic.place(path) as temporary:
        export_onnx(network, source.classifier.card, temporary, sample=torch.from_numpy(as_input(source.gate[:SAMPLE])))
        model = onnx.load(temporary)
        del model.metadata_props[:]
        model.metadata_props.extend(metadata)
        temporary.write_bytes(with_card(model, source.classifier.card).SerializeToString())
        after = Classifier(temporary)
        parity = gate.compare(source.labels, before, onnx_answers(after, source, "onnx"))
        gate.refuse(path, parity, gate.FLOAT)
    return _exported(path, after.card, parity)


def to_litert(source: Source, path: Path) -> Exported:
    """Float, from the run's model.onnx, with all its metadata. The gate compares LiteRT with the Classifier."""
    before = onnx_answers(source.classifier, source, "onnx")
    form = LiteRT()
    with atomic.place(path) as temporary:
        temporary.write_bytes(form.made(onnx.load(source.classifier.path), path))
        parity = gate.compare(source.labels, before, form.answers(temporary, source))
        gate.refuse(path, parity, gate.FLOAT)
    return _exported(path, source.classifier.card, parity)


def to_int8(source: Source, path: Path, form: Onnx | LiteRT) -> Exported:
    """int8, from the run's model.onnx. The gate compares with that; more stays in float until it is passed."""
    card = source.classifier.card
    model = onnx.load(source.classifier.path)
    before = onnx_answers(source.classifier, source, "float")
    convolutions = sum(node.op_type == "Conv" for node in model.graph.node)
    with atomic.place(path) as temporary:
        for float_first in sorted({min(number, convolutions - 1) for number in FLOAT_FIRST}):
            int8 = quantise.quantise(model, source.calibration, float_first=float_first)
            gate.refuse_saturating(path, int8)
            temporary.write_bytes(form.made(with_card(int8, card), path))
            parity = gate.compare(source.labels, before, form.answers(temporary, source))
            if not parity.failures(gate.INT8):
                break
            log.info(f"int8 with {float_first} convolutions in float: {'; '.join(parity.failures(gate.INT8))}")
        gate.refuse(path, parity, gate.INT8)
        card = replace(
            card,
            model_id=quantise.id_of(int8, f"{type(form).__name__} {card.model_id}"),
            quantisation=_told(source, parity, float_first=float_first),
            format=FORMAT,
        )
        carded = with_card(int8, card)
        (text,) = (entry.value for entry in carded.metadata_props if entry.key == METADATA_KEY)
        temporary.write_bytes(form.made(carded, path))
    return _exported(path, from_json(text, path=path), parity)  # with the digest of the graph that was written


def _told(source: Source, parity: Parity, *, float_first: int) -> str:
    return (
        f"int8 of model {source.classifier.card.model_id}: convolutions int8 with 7-bit weights and a scale for each "
        f"channel, the head and the first {float_first} in float; ranges from {len(source.calibration)} "
        f"training cells; on {source.part} cells {parity.describe()}"
    )


def _exported(path: Path, card: ModelCard, parity: Parity) -> Exported:
    return Exported(path=path, card=card, parity=parity, megabytes=path.stat().st_size / 1e6)
