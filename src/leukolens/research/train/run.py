"""One training run, start to finish: folder → index → split → store → fit → model and card, all under one folder."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from safetensors.torch import save

from leukolens.base import atomic, logs, provenance
from leukolens.base.errors import RunError
from leukolens.model.card import ModelCard
from leukolens.model.network_file import NetworkFile
from leukolens.research.augment.batches import Batches, Sample, balanced, to_rgb
from leukolens.research.data.cell import Cell, labels_of
from leukolens.research.data.held_out import leave_fold_out
from leukolens.research.data.index import index
from leukolens.research.data.places import remember
from leukolens.research.data.run_facts import FACTS, read_run_facts
from leukolens.research.data.split import (
    Protocol,
    Split,
    count,
    make_split,
    read_split,
    too_few_for_intervals,
    write_split,
)
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.initial_weights import initialise
from leukolens.research.networks.onnx_file import export_onnx
from leukolens.research.networks.own import digest_of
from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings, restored
from leukolens.research.train import checkpoint
from leukolens.research.train import curves as pictures
from leukolens.research.train.contrast import contrast
from leukolens.research.train.history import Epoch, kept_epoch
from leukolens.research.train.launch import Precision, everywhere, from_first, in_turn, start_fabric, while_all_live
from leukolens.research.train.loop import Validation, fit
from leukolens.research.train.refit import refit
from leukolens.research.train.teacher import taught
from leukolens.research.train.track import begin, finish, loggers

log = logging.getLogger(__name__)

SPLIT = "split.csv"
EXPORT_CHECK = 16
"""Cells on which the exported model must agree with torch."""


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """What to train, on what, where."""

    data: Path
    patient_from: str | None = None
    """Whose cells they are, as `research.data.index` takes it."""
    out: Path
    protocol: Protocol = "paper"
    fold: str | None = None
    """One fold, or None for all cells there are."""
    test_fold: str | None = None
    """With protocol 'subject' and no `fold`: this fold tests, the others train (`research.data.held_out`)."""
    init: str = "imagenet"
    """'imagenet', 'random' or a file of weights."""
    teacher: Path | None = None
    """A model file whose answers teach it, beside the labels (`train.teacher`)."""
    settings: TrainSettings
    resume: bool = False
    track: tuple[str, ...] = ()
    """Where it is watched: 'tensorboard', 'mlflow:URI' (`train.track`)."""
    devices: int | str | None = None
    """GPUs of each machine (or processes on its CPU), or 'auto'; None: what a launcher has started, else 1."""
    num_nodes: int | None = None
    """Machines that train it together (`train.launch`); None: likewise."""
    precision: Precision = "auto"
    """'auto': bf16 where the hardware computes in it, else 32."""


def train(plan: RunPlan) -> Path:
    """Run the plan; return the path of model.onnx. See the module's text for what else the folder then holds.

    Raises LeukoLensError subclasses; a run that was cut goes on with `resume`, to the same weights.
    """
    model_path = plan.out / "model.onnx"
    if plan.protocol == "all" and plan.settings.schedule != "cosine":
        raise RunError(
            "protocol 'all' leaves no validation cells", hint="Give --set schedule=cosine and the number of --epochs"
        )
    watching = loggers(plan.track, out=plan.out)
    fabric = start_fabric(devices=plan.devices, num_nodes=plan.num_nodes, precision=plan.precision, loggers=watching)
    if not fabric.is_global_zero:
        logs.LOGGER.setLevel(logging.WARNING)  # one of the processes speaks
    finished = bool(from_first(fabric, lambda: _look_into(plan)))
    store, network = in_turn(fabric, lambda: _prepared(plan, finished=finished))
    teacher = None if plan.teacher is None else NetworkFile(plan.teacher)
    identity = _identity(plan, store, teacher=None if teacher is None else teacher.card.model_id)
    _refuse_unlike(fabric, identity, plan)
    split = _told(from_first(fabric, lambda: _begin(plan, store, identity, finished=finished)))
    if network is None:
        log.info(f"{plan.out} is finished; nothing to do")
        return model_path
    if fabric.is_global_zero:
        begin(watching, plan.settings)
    _describe_split(split, store.cells)
    plain = training_batches(plan.settings, store, split, fabric)
    batches = plain if teacher is None else taught(plain, teacher)
    log.info(
        f"training on {len(batches.sample)} images ({balance_text(batches.sample)}), precision {_precision(fabric)}"
    )
    if fabric.is_global_zero:
        pictures.contact_sheet(batches, plan.out / "contact_sheet.png")
    if plan.precision == "64":
        network.double()  # before the optimiser reads a checkpoint in its parameters' precision
    rows = split.rows["val"]
    validation = Validation(rows=torch.tensor(rows), labels=torch.from_numpy(labels_of(store.cells)[list(rows)]))
    begun = from_first(fabric, lambda: b"begun" if (plan.out / checkpoint.FILE).exists() else b"")
    with while_all_live(plan.out):
        if plan.settings.contrast and not begun:  # else its weights are in the checkpoint
            contrast(network, plain, epochs=plan.settings.contrast, fabric=fabric)
        best, history = fit(network, batches, validation, plan.settings, fabric=fabric, out=plan.out)
    if fabric.is_global_zero:
        network.load_state_dict(dict(best))
        network.float()
        if plan.settings.refit:
            refit(network, store, split.rows["train"], plan.settings, fabric=fabric)
        _finish(network, plan, store, split, history, identity)
        finish(watching)
        log.info(f"kept epoch {kept_epoch(history, plan.settings).number}; model: {model_path}")
    with while_all_live(plan.out):
        fabric.barrier()
    return model_path


def _look_into(plan: RunPlan) -> bytes:
    """b'finished' where the folder holds the model already. Raises RunError where it is taken."""
    if plan.out.exists() and not plan.out.is_dir():
        raise RunError("is a file", path=plan.out, hint="Give another --out")
    if not plan.resume and plan.out.is_dir() and any(plan.out.iterdir()):
        raise RunError("is not empty", path=plan.out, hint="Continue with --resume, or give another --out")
    if plan.out.is_dir():
        atomic.sweep(plan.out)  # a kill between two renames leaves a hidden file
    return b"finished" if (plan.out / "model.onnx").exists() else b""


def _prepared(plan: RunPlan, *, finished: bool) -> tuple[CellStore, CellNetwork | None]:
    """The cells and, where there is something to train, the network."""
    found = index(plan.data, patient_from=plan.patient_from)
    cells = found.cells if plan.fold is None else found.fold(plan.fold)
    if plan.test_fold is not None:
        found.fold(plan.test_fold)  # raises where there is none
    network = None if finished else _new_network(plan)
    return open_store(cells, plan.settings.preprocess), network


def _refuse_unlike(fabric: Fabric, identity: Mapping[str, Any], plan: RunPlan) -> None:
    """Every process must have the same cells and settings, and compute alike."""
    mine = dict(identity) | {"precision": _precision(fabric)}
    first = json.loads(from_first(fabric, lambda: json.dumps(mine).encode()))

    def compare() -> None:
        if other := [name for name, value in first.items() if json.loads(json.dumps(mine[name])) != value]:
            hint = "Give every machine the same cells, options and --precision"
            raise RunError(f"differs from the first machine's in {', '.join(other)}", path=plan.data, hint=hint)

    everywhere(fabric, compare)


def _begin(plan: RunPlan, store: CellStore, identity: Mapping[str, Any], *, finished: bool) -> bytes:
    """The split as JSON, when the folder holds it and what the run is."""
    _refuse_other(plan, identity)
    split = _split(plan, store)
    if not finished:
        _write_beginning(plan, store, split, identity)
    return json.dumps(asdict(split)).encode()


def _told(split: bytes) -> Split:
    found = json.loads(split)
    return Split(**found | {"rows": {part: tuple(rows) for part, rows in found["rows"].items()}})


def _precision(fabric: Fabric) -> str:
    return str(fabric._precision.precision)


def _new_network(plan: RunPlan) -> CellNetwork:
    network = build(plan.settings)
    if not (plan.out / checkpoint.FILE).exists():  # else the weights come from there
        initialise(network, plan.init)
    return network


def _identity(plan: RunPlan, store: CellStore, *, teacher: str | None) -> dict[str, Any]:
    """What must be equal for a run to be the same run. teacher: id of the model that teaches it."""
    return {
        "protocol": plan.protocol,
        "fold": plan.fold,
        "test_fold": plan.test_fold,
        "init": Path(plan.init).name,
        "teacher": teacher,
        "cells": len(store.cells),
        "data_hash": store.data_hash(),
        "settings": json.loads(json.dumps(asdict(plan.settings))),
        "patients_hash": None if plan.patient_from is None else store.patients_hash(),
        "network_digest": digest_of(plan.settings.network),
    }


def _refuse_other(plan: RunPlan, identity: Mapping[str, Any]) -> None:
    """On --resume the folder must hold this run and no other."""
    path = plan.out / FACTS
    if not path.exists():
        if (plan.out / checkpoint.FILE).exists():
            raise RunError("is missing beside a checkpoint", path=path, hint="Give another --out")
        return
    try:
        written = json.loads(path.read_text())
        settings, retired = restored(written["settings"])
        written["settings"] = json.loads(json.dumps(asdict(settings)))  # tuples become lists
        if plan.settings.schedule == "plateau":
            # a run may be ended earlier or go on for longer than first asked: no epoch depends on how many will follow
            written["settings"]["epochs"] = plan.settings.epochs
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"is damaged ({error})", path=path, hint="Give another --out") from error
    if retired:
        hint = "Continue it with LeukoLens 0.1, or give another --out"
        raise RunError(f"was begun with settings that no longer exist: {', '.join(retired)}", path=path, hint=hint)
    changed = [key for key, value in identity.items() if written.get(key) != value]  # one added since was None
    if changed:
        hint = "Give another --out, or the same options"
        raise RunError(f"belongs to a run with different {', '.join(changed)}", path=path, hint=hint)


def _write_beginning(plan: RunPlan, store: CellStore, split: Split, identity: Mapping[str, Any]) -> None:
    """run.json and split.csv, once."""
    remember(identity["data_hash"], plan.data, patient_from=plan.patient_from)
    if not (plan.out / FACTS).exists():
        facts = {"data": plan.data.resolve().name, "commit": provenance.commit(), "machine": provenance.machine()}
        atomic.write_json(plan.out / FACTS, dict(identity) | facts | {"versions": provenance.versions()})
    if not (plan.out / SPLIT).exists():
        write_split(plan.out / SPLIT, split, store.cells, store.digests)


def _split(plan: RunPlan, store: CellStore) -> Split:
    """The split that the folder holds, or a new one."""
    path, seed = plan.out / SPLIT, plan.settings.seed
    if path.exists():
        return read_split(path, store.cells, store.digests, protocol=plan.protocol, seed=seed)
    if plan.test_fold is not None:
        return leave_fold_out(store.cells, store.digests, fold=plan.test_fold, seed=seed)
    return make_split(store.cells, store.digests, protocol=plan.protocol, seed=seed)


def _describe_split(split: Split, cells: tuple[Cell, ...]) -> None:
    for part, labels in count(cells, split).items():
        log.info(f"{part:5s}  {labels['all']:5d} ALL  {labels['hem']:5d} HEM")
    shared = split.shared_subjects(cells)
    if shared:
        log.info(
            f"protocol {split.protocol}: {len(shared)} subjects stand in more than one part; the test metrics flatter"
        )
    elif lacking := too_few_for_intervals(split, cells):
        log.warning(lacking)


def balance_text(sample: Sample) -> str:
    """Table 2's line: how many of each class, and how many of them are copies."""
    ones = int(sample.labels.sum())
    return f"{ones} ALL, {len(sample) - ones} HEM of which {int(sample.grey.sum())} saturation-free copies"


def training_batches(settings: TrainSettings, store: CellStore, split: Split, fabric: Fabric) -> Batches:
    """The split's training part as the recipe shows it, on the device that trains."""
    rows = np.array(split.rows["train"], np.int64)
    pixels = torch.from_numpy(np.array(store.pixels))  # a fold is 0.5 GB; a memory map would page on every shuffle
    sample = balanced(rows, labels_of(store.cells)[rows], balance=settings.balance)
    return Batches(
        pixels=pixels.to(fabric.device),
        sample=sample,
        settings=settings,
        device=fabric.device,
        rank=fabric.global_rank,
        world=fabric.world_size,
    )


def _finish(
    network: CellNetwork,
    plan: RunPlan,
    store: CellStore,
    split: Split,
    history: list[Epoch],
    identity: Mapping[str, Any],
) -> None:
    """Weights, model with card; the checkpoint goes last, when all else stands."""
    out = plan.out
    network = network.cpu().to(memory_format=torch.contiguous_format)
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    atomic.write_bytes(out / "model.safetensors", save(weights))
    kept = kept_epoch(history, plan.settings)
    card = ModelCard(
        model_id=hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()[:12],
        network=plan.settings.network,
        labels=("HEM", "ALL"),
        preprocess=plan.settings.preprocess,
        input_range="0-255 RGB",
        threshold=0.5,
        protocol=plan.protocol,
        fold=plan.fold,
        data_hash=identity["data_hash"],
        split_hash=hashlib.sha256((out / SPLIT).read_bytes()).hexdigest(),
        init=identity["init"],
        teacher=identity["teacher"] or "",
        settings=identity["settings"],
        metrics={
            "epochs": len(history),
            "kept_epoch": kept.number,
            "train_accuracy": kept.train_accuracy,
            **({"val_loss": kept.val_loss, "val_accuracy": kept.val_accuracy} if split.rows["val"] else {}),
        },
        commit=read_run_facts(out / FACTS).commit,  # the code that trained, not what stands here now
        versions=provenance.versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    rows = torch.tensor((split.rows["val"] or split.rows["train"])[:EXPORT_CHECK])
    sample = to_rgb(
        torch.from_numpy(np.array(store.pixels[rows.numpy()])), torch.arange(len(rows)), torch.device("cpu")
    )
    export_onnx(network, card, out / "model.onnx", sample=sample)
    (out / checkpoint.FILE).unlink(missing_ok=True)
