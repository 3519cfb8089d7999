"""The training loop on Lightning Fabric: devices, launch, precision and gradients are Fabric's, the loop is plain.

Fabric and not the Trainer: the loop stands here to be read, and a step costs less (bench/step_overhead.py measures).
"""

import ctypes
import logging
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from lightning.fabric.loggers.logger import Logger
from torch import Tensor

from leukolens.base.errors import Diverged
from leukolens.base.progress import track
from leukolens.research.augment.batches import Batches, generator, plain_batches
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.settings import TrainSettings
from leukolens.research.train import checkpoint
from leukolens.research.train import curves as pictures
from leukolens.research.train.checkpoint import Checkpoint
from leukolens.research.train.history import Epoch, finished, kept_epoch, learning_rate, write_history
from leukolens.research.train.track import metrics_of

log = logging.getLogger(__name__)

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The validation part."""

    rows: Tensor
    """(N,) int64, rows of the store."""
    labels: Tensor
    """(N,) int64: 0 HEM, 1 ALL."""


def start_fabric(*, devices: int | str = 1, loggers: Sequence[Logger] = ()) -> Fabric:
    """Fabric on the best accelerator here, launched; bf16 autocast where the hardware computes in it.

    loggers: where it is watched (`train.track`).
    """
    precision: Literal["bf16-mixed", "32-true"] = "bf16-mixed" if has_bf16() else "32-true"
    fabric = Fabric(accelerator="auto", devices=devices, precision=precision, loggers=list(loggers))
    fabric.launch()
    hold_memory()
    return fabric


def hold_memory() -> None:
    """Keep freed activations in the process: glibc returns them to the kernel, which zeroes them again at every step.

    Measured on two cores of an AMD EPYC: 61 → 66 images/s. Does nothing where the C library is not glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            mallopt(option, 2**31 - 1)
        mallopt(M_TOP_PAD, 2**28)


def has_bf16() -> bool:
    """Whether this machine's CPU or GPU multiplies in bfloat16 (emulated, it would be slower than float32)."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16") or torch.cpu.get_capabilities().get("amx_bf16"))


def fit(
    network: CellNetwork,
    batches: Batches,
    validation: Validation,
    settings: TrainSettings,
    *,
    fabric: Fabric,
    out: Path,
) -> tuple[Mapping[str, Tensor], list[Epoch]]:
    """Train from the checkpoint in `out`, or from the start; return the best epoch's weights and the history.

    After every epoch `out` holds checkpoint.safetensors, history.csv and curves.png. Raises Diverged when the loss is
    no number.
    """
    torch.backends.cudnn.deterministic = True
    last = checkpoint.load(out / checkpoint.FILE) if (out / checkpoint.FILE).exists() else None
    history: list[Epoch] = []
    best: Mapping[str, Tensor] = {}
    if last is not None:
        network.load_state_dict(dict(last.network))
        history, best = last.history, last.best
        log.info(f"going on after epoch {len(history)}")
    network = network.to(memory_format=torch.channels_last)
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(learning, settings.learning_rate, eps=1e-7, fused=True)
    if last is not None:
        checkpoint.restore_optimiser(optimiser, last.optimiser)
    model, optimiser = fabric.setup(network, optimiser)
    while not finished(history, settings):
        number, started = len(history) + 1, time.monotonic()
        rate = learning_rate(history, settings)
        for group in optimiser.param_groups:
            group["lr"] = rate
        train_loss, train_accuracy = _train_epoch(model, network, optimiser, batches, settings, number, fabric)
        if not math.isfinite(train_loss):
            reason = f"training diverged: the loss of epoch {number} is {train_loss}"
            raise Diverged(reason, path=out, hint=f"Lower --set learning_rate={settings.learning_rate:g}")
        val_loss, val_accuracy = _validate(network, batches, validation, settings, fabric)
        history.append(
            Epoch(
                number=number,
                learning_rate=rate,
                train_loss=train_loss,
                train_accuracy=train_accuracy,
                val_loss=val_loss,
                val_accuracy=val_accuracy,
                seconds=time.monotonic() - started,
            )
        )
        weights = _copied(network)
        if kept_epoch(history, settings).number == number:
            best = weights
        if fabric.is_global_zero:
            moments = checkpoint.optimiser_tensors(optimiser)
            state = Checkpoint(network=weights, best=best, optimiser=moments, history=history)
            checkpoint.save(out / checkpoint.FILE, state)
            write_history(out / "history.csv", history)
            pictures.curves(history, out / "curves.png")
        fabric.log_dict(metrics_of(history[-1]), step=number)
        fabric.barrier()
        log.info(_line(history, settings, batches.images()))
    return best, history


def _copied(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in module.state_dict().items()}


def _train_epoch(
    model: torch.nn.Module,
    network: CellNetwork,
    optimiser: torch.optim.Optimizer,
    batches: Batches,
    settings: TrainSettings,
    number: int,
    fabric: Fabric,
) -> tuple[float, float]:
    """One pass; returns mean loss (with penalty) and accuracy over all devices."""
    model.train()
    dropout_seed = generator(torch.device("cpu"), settings.seed, number, fabric.global_rank, 1)
    torch.manual_seed(dropout_seed.initial_seed())  # torch's dropout draws from the global generator only
    sums = torch.zeros(3, device=fabric.device)
    with track(f"epoch {number}", batches.steps() * settings.batch, unit="images", every=120) as advance:
        for rgb, targets in batches.epoch(number):
            logits = model(rgb)
            loss = network.loss(logits, targets) + settings.l1 * network.penalty()
            optimiser.zero_grad()
            fabric.backward(loss)
            optimiser.step()
            labels = targets.argmax(dim=1) if targets.ndim == 2 else targets
            hits = (logits.argmax(dim=1) == labels).sum()
            sums += torch.stack(
                [loss.detach() * len(labels), hits.float(), torch.tensor(float(len(labels))).to(hits.device)]
            )
            advance(len(labels) * batches.world)
    return _means(sums, fabric)


@torch.no_grad()
def _validate(
    network: CellNetwork,
    batches: Batches,
    validation: Validation,
    settings: TrainSettings,
    fabric: Fabric,
) -> tuple[float, float]:
    """Mean loss (with penalty) and accuracy on clean cells, over all devices; NaN where there is no validation part."""
    if not len(validation.rows):
        return math.nan, math.nan
    network.eval()
    rows = validation.rows[batches.rank :: batches.world]
    labels = validation.labels[batches.rank :: batches.world].to(fabric.device)
    with fabric.autocast():
        logits = torch.cat([network(rgb).float() for rgb in plain_batches(batches.pixels, rows, 32, fabric.device)])
    loss = F.cross_entropy(logits, labels) + settings.l1 * network.penalty()
    hits = (logits.argmax(dim=1) == labels).sum()
    count = torch.tensor(float(len(labels)), device=fabric.device)
    return _means(torch.stack([loss * count, hits.float(), count]), fabric)


def _means(sums: Tensor, fabric: Fabric) -> tuple[float, float]:
    total = fabric.all_reduce(sums, reduce_op="sum")
    assert isinstance(total, Tensor)
    loss, hits, count = total.tolist()
    return loss / count, hits / count


def _line(history: Sequence[Epoch], settings: TrainSettings, images: int) -> str:
    """One line an epoch: what it gave, how fast, and how long it can still take."""
    epoch = history[-1]
    longest = (settings.epochs - epoch.number) * sum(e.seconds for e in history) / len(history)
    star = " *" if kept_epoch(history, settings) is epoch else ""
    return (
        f"epoch {epoch.number:3d}/{settings.epochs}  loss {epoch.train_loss:.3f}  accuracy {epoch.train_accuracy:.3f}  "
        f"val loss {epoch.val_loss:.3f}  val accuracy {epoch.val_accuracy:.3f}  rate {epoch.learning_rate:g}  "
        f"{images / epoch.seconds:.0f} images/s  at most {longest / 60:.0f} min left{star}"
    )
