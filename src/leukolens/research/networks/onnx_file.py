"""Trained weights → model.onnx with its card, checked against torch before it takes its place."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch

from leukolens.base import atomic
from leukolens.base.errors import ModelError
from leukolens.model import distance
from leukolens.model.card import FORMAT, METADATA_KEY, ModelCard
from leukolens.model.distance import FeatureReference
from leukolens.model.graph import read_graph
from leukolens.research.networks.cell_network import CellNetwork

TOLERANCE = 1e-4
"""Largest difference of a probability between torch and the exported file."""


def export_onnx(network: CellNetwork, card: ModelCard, path: Path, *, sample: torch.Tensor) -> None:
    """Write `network` as ONNX: rgb (N, 3, 224, 224) float32 0–255 → logit and what else it exports.

    sample: (N, 3, 224, 224) cells on which both must agree. Raises ModelError when they differ, and writes nothing.
    """
    model, names = network.cpu().float().exported()
    proto = _to_onnx(model, names, sample[:1].contiguous())
    proto.doc_string = (
        "LeukoLens: leukemic blast (ALL) against normal cell (HEM). Research use; a trained reader decides."
    )
    data = with_card(proto, card).SerializeToString()
    with torch.no_grad():
        expected = torch.sigmoid(model(sample)[0]).numpy()
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    (logit,) = session.run(["logit"], {"rgb": sample.contiguous().numpy()})
    difference = float(np.abs(1 / (1 + np.exp(-logit)) - expected).max())
    if not difference <= TOLERANCE:
        raise ModelError(f"differs from the trained network by {difference:.2g} in probability", path=path)
    atomic.write_bytes(path, data)


def bare_onnx(network: CellNetwork, *, sample: torch.Tensor) -> bytes:
    """The network as ONNX without a card: to be timed and weighed, not to judge by. sample: (N, 3, H, W)."""
    model, names = network.cpu().float().exported()
    data: bytes = _to_onnx(model, names, sample[:1].contiguous()).SerializeToString()
    return data


def write_card(path: Path, card: ModelCard, reference: FeatureReference | None) -> None:
    """Put another card and reference of features into an exported file; the network stays as it is."""
    proto = onnx.load(path)
    texts = {entry.key: entry.value for entry in proto.metadata_props}
    if reference is not None:
        texts[distance.METADATA_KEY] = reference.to_json()
    onnx.helper.set_model_props(proto, texts)
    atomic.write_bytes(path, with_card(proto, card).SerializeToString())


def with_card(proto: onnx.ModelProto, card: ModelCard) -> onnx.ModelProto:
    """The network with this card in the place of its own, the graph's digest in it; the other metadata stay."""
    texts = {entry.key: entry.value for entry in proto.metadata_props}
    digest = read_graph(proto.SerializeToString()).digest
    texts[METADATA_KEY] = replace(card, graph_digest=digest, format=FORMAT).to_json()
    found = onnx.ModelProto()
    found.CopyFrom(proto)
    onnx.helper.set_model_props(found, texts)
    return found


def _to_onnx(model: torch.nn.Module, names: Sequence[str], example: torch.Tensor) -> onnx.ModelProto:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU6):
            module.inplace = False  # the same values; traced in place, MobileNet's export took 7.2 s, so 3.9
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            (example,),
            input_names=["rgb"],
            output_names=list(names),
            dynamic_shapes={"rgb": {0: torch.export.Dim("images")}},
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    return without_origins(program.model_proto)


def without_origins(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same network: each part says where in torch it came from, 0.15 MB with the folders of this machine."""
    graph = proto.graph
    del graph.value_info[:], graph.metadata_props[:]
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    return proto
