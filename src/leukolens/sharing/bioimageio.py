"""A model file → a package for bioimage.io (.zip): the graph, what it takes and gives, and a cell to test it with.

The form is bioimage.io's description of a model, 0.5; bioimageio.spec checks each package before it is written. It is
made of the file, the cell and the card alone: nothing is fetched, and no time of the machine stands in it.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from bioimageio.spec import ModelDescr, ValidationContext, load_description_and_validate_format_only
from bioimageio.spec.utils import get_spdx_licenses, write_yaml
from numpy.typing import NDArray
from PIL import Image

from leukolens.base import atomic
from leukolens.base.errors import ModelError
from leukolens.model.form import FORMS
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.model.preprocess import to_network
from leukolens.sharing import readme

MODEL, README, COVER, DESCRIPTION = "model.onnx", "README.md", "cover.png", "rdf.yaml"
AUTHORS, LICENCE = ("The LeukoLens authors",), "Apache-2.0"
"""Of the models that come with LeukoLens, as CITATION.cff and pyproject.toml have it."""
_PURPOSE = (
    "Log-odds that a white cell, cut out on black, is a leukemic blast (ALL) and not a normal cell (HEM). The bare "
    "graph: crop, temperature, uncertainty and refusal are LeukoLens's own (README.md). For research, not diagnosis."
)
_CITE = {
    "text": "Makem M., Tamas L., Buşoniu L. A reliable approach for identifying acute lymphoblastic leukemia in "
    "microscopic imaging. Frontiers in Artificial Intelligence 8, 2025",
    "doi": "10.3389/frai.2025.1620252",
}
_SPACE = ("y", "x")
_GIVES = {
    "logit": ("Log-odds of ALL", ()),
    "evidence": ("Each position's part in the log-odds, which are their mean", _SPACE),
    "features": ("Pooled features", ("index",)),
}
"""Each output that a graph of LeukoLens may have, and its axes after the batch."""
_UNIX = 3
"""Whose rights the archive names, whatever system it is made on."""


def package(
    model: Path,
    out: Path,
    *,
    cell: NDArray[np.uint8],
    authors: Sequence[str] = (),
    licence: str | None = None,
    card: Path | None = None,
) -> str:
    """Pack the model; returns its id.

    cell: (H, W, 3) uint8 RGB on black, which becomes the test and the cover: anyone who gets the package sees it.
    authors, licence (of SPDX): whose the model is and what others may do with it; known of the models that come with
    LeukoLens. card: MODEL_CARD.md; default the facts inside the model. Raises ModelError.
    """
    opened = NetworkFile(model, threads=1)
    data = model.read_bytes()
    if data in [path.read_bytes() for path in FORMS.values()]:
        authors, licence = authors or AUTHORS, licence or LICENCE
    if not authors or licence is None:
        reason = "does not say who made it or what others may do with it"
        raise ModelError(reason, path=model, hint="Give --author and --licence, such as 'Our laboratory' and CC-BY-4.0")
    tensors, cover = _test(opened, cell)
    files = {
        MODEL: data,
        README: readme.of_the_bare_graph(opened, card).encode(),
        COVER: cover,
        **{f"{name}.npy": _npy(values) for name, values in tensors.items()},
    }
    told = _description(opened, files, tensors, authors=authors, licence=_spdx(licence, model))
    text = io.StringIO()
    write_yaml(told, text)
    packed = _zipped({DESCRIPTION: text.getvalue().encode(), **files})
    _refuse_invalid(packed, model)
    atomic.write_bytes(out, packed)
    return opened.card.model_id


def _test(opened: NetworkFile, cell: NDArray[np.uint8]) -> tuple[dict[str, NDArray[np.float32]], bytes]:
    """What the graph takes and gives for the cell, by name and in its order, and the picture as PNG."""
    short = [max(0, opened.card.preprocess.crop - side) for side in cell.shape[:2]]
    margins = [(side // 2, side - side // 2) for side in short]  # black, as what is around a cell
    pixels = to_network(np.pad(cell, [*margins, (0, 0)]), opened.card.preprocess, name="the test's cell")
    rgb = as_input([pixels])
    given = vars(opened.scores(rgb))
    if unknown := set(opened.outputs) - set(_GIVES):
        reason = f"gives outputs that no package can describe: {', '.join(sorted(unknown))}"
        raise ModelError(reason, path=opened.path, hint="Export the model again")
    cover = io.BytesIO()
    Image.fromarray(pixels).save(cover, "PNG")
    return {"rgb": rgb, **{name: given[name] for name in opened.outputs}}, cover.getvalue()


def _description(
    opened: NetworkFile,
    files: Mapping[str, bytes],
    tensors: Mapping[str, NDArray[np.float32]],
    *,
    authors: Sequence[str],
    licence: str,
) -> dict[str, Any]:
    """rdf.yaml, as bioimageio.spec's ModelDescr has it. Nothing in it is a URL: checking one would ask the network."""
    card = opened.card
    sources = {name: {"source": name, "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    rgb = {
        "id": "rgb",
        "description": f"Middle {card.preprocess.crop} px of one cell on black, resized; 0 to 255",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": ["red", "green", "blue"]},
            *({"type": "space", "id": axis, "size": card.preprocess.size} for axis in _SPACE),
        ],
        "data": {"type": "float32", "range": [0.0, 255.0]},
        "test_tensor": sources["rgb.npy"],
    }
    outputs = [
        {
            "id": name,
            "description": _GIVES[name][0],
            "axes": [{"type": "batch"}, *map(_axis, _GIVES[name][1], tensors[name].shape[1:])],
            "data": {"type": "float32"},
            "test_tensor": sources[f"{name}.npy"],
        }
        for name in opened.outputs
    ]
    return {
        "type": "model",
        "format_version": ModelDescr.implemented_format_version,
        "name": f"LeukoLens blast or normal cell {card.model_id}",
        "description": _PURPOSE,
        "authors": [{"name": name} for name in authors],
        "license": licence,
        "cite": [_CITE],
        "timestamp": card.created,
        "tags": ["leukemia", "blood", "transmission-light-microscopy", "2d", "cells", "image-classification", "onnx"],
        "documentation": sources[README],
        "covers": [sources[COVER]],
        "inputs": [rgb],
        "outputs": outputs,
        "weights": {"onnx": {**sources[MODEL], "opset_version": opened.graph.opset}},
        "config": {"bioimageio": _use(opened) | _tolerance(opened, tensors), "leukolens": _rules(opened)},
    }


def _axis(name: str, size: int) -> dict[str, Any]:
    return {"type": "space" if name in _SPACE else name, "id": name, "size": size}


def _use(opened: NetworkFile) -> dict[str, Any]:
    """What bioimage.io asks of every model."""
    return {
        "modality": "bright-field microscopy of stained smears",
        "target_structure": ["white blood cells"],
        "task": "classification",
        "architecture_type": opened.card.network[:32],
        "out_of_scope_use": "Diagnosis, screening, decisions about patients; cells that are not lymphoid; whole fields",
        "bias_risks_limitations": {
            "known_biases": "It knows the laboratories, stains and patients of its training cells and no others.",
            "risks": "A number for a picture that LeukoLens itself would refuse means nothing.",
            "limitations": opened.card.lacking(distance=opened.reference is not None)
            or "The bare graph: see README.md.",
            "recommendations": "Use LeukoLens on the same model.onnx. A trained reader confirms each cell.",
        },
    }


def _tolerance(opened: NetworkFile, tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, Any]:
    """How far another program's answer may lie from the test's: bioimage.io's own 0.1 %, of an int8 form the most that
    it allows, 1 % of a value and of the largest. Not every program fuses its layers as ONNX Runtime does.
    """
    if not opened.card.quantisation:
        return {}
    far = {name: 0.0099 * max(float(tensors[name].max()), 0.0) for name in opened.outputs}
    within = [
        {"output_ids": [name], "relative_tolerance": 0.01, "absolute_tolerance": one} for name, one in far.items()
    ]
    return {"reproducibility_tolerance": within}


def _rules(opened: NetworkFile) -> dict[str, Any]:
    """What makes a verdict of a logit, for programs; README.md says how."""
    card = opened.card
    return {
        "model_id": card.model_id,
        "labels": list(card.labels),
        "crop": card.preprocess.crop,
        "temperature": card.temperature,
        "threshold": card.threshold,
        "band": None if card.band is None else list(card.band),
    }


def _spdx(licence: str, model: Path) -> str:
    """SPDX's own spelling."""
    known = {one["licenseId"].casefold(): one["licenseId"] for one in get_spdx_licenses()["licenses"]}
    if licence.casefold() not in known:
        hint = "Give its short name from spdx.org/licenses, such as Apache-2.0 or CC-BY-4.0"
        raise ModelError(f"cannot be packed under a licence that SPDX does not list: {licence}", path=model, hint=hint)
    return known[licence.casefold()]


def _npy(values: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """All of 1980 and readable by everyone, so that equal files are equal bytes."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as zipped:
        for name, data in files.items():
            entry = ZipInfo(name)
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            zipped.writestr(entry, data, ZIP_DEFLATED)
    return packed.getvalue()


def _refuse_invalid(packed: bytes, model: Path) -> None:
    """By bioimageio.spec: the form, every digest, and the tensors against their axes. Raises ModelError."""
    with ZipFile(io.BytesIO(packed)) as zipped, ValidationContext(log_warnings=False):
        summary = load_description_and_validate_format_only(zipped, perform_io_checks=True)
    if summary.status == "failed":
        told = "; ".join(f"{'.'.join(map(str, one.loc))}: {one.msg}" for one in summary.errors)
        hint = "Check the authors' names, or export the model again"
        raise ModelError(f"makes no valid package ({told})", path=model, hint=hint)
