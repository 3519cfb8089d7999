"""The training loop on Lightning Fabric: devices, launch, precision and gradients are Fabric's, the loop is plain.

Fabric and not the Trainer: the loop stands here to be read, and a step costs less (bench/step_overhead.py measures).
"""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from torch import Tensor

from leukolens.base.errors import Diverged, RunError
from leukolens.base.progress import track
from leukolens.research.augment.batches import Batches, generator, plain_batches
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.settings import TrainSettings
from leukolens.research.train import checkpoint
from leukolens.research.train import curves as pictures
from leukolens.research.train.checkpoint import Checkpoint
from leukolens.research.train.depthwise import strided_in_float
from leukolens.research.train.history import Epoch, finished, kept_epoch, learning_rate, write_history
from leukolens.research.train.launch import from_first
from leukolens.research.train.one_batch import OneBatch
from leukolens.research.train.track import metrics_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The validation part."""

    rows: Tensor
    """(N,) int64, rows of the store."""
    labels: Tensor
    """(N,) int64: 0 HEM, 1 ALL."""


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
    path = out / checkpoint.FILE
    left = from_first(fabric, lambda: path.read_bytes() if path.exists() else b"")
    last = checkpoint.parse(left, path=path) if left else None
    history: list[Epoch] = []
    best: Mapping[str, Tensor] = {}
    if last is not None:
        network.load_state_dict(dict(last.network))
        history, best = last.history, last.best
        log.info(f"continuing after epoch {len(history)}")
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
            checkpoint.save(path, state)
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
    dropout_seed = generator(torch.device("cpu"), settings.seed, number, 0, 1)
    torch.manual_seed(dropout_seed.initial_seed())  # torch's dropout draws from the global generator only
    exact = network.dense.weight.dtype  # float32 under bf16, too
    sums = torch.zeros(3, device=fabric.device, dtype=exact)
    shown = track(f"epoch {number}", batches.steps() * settings.batch, unit="images", every=120)
    with strided_in_float(network), shown as advance:
        for step, (rgb, targets) in enumerate(batches.epoch(number)):
            whole = batches.images_of(step)
            with _as_one(batches, whole):
                logits = model(rgb)
            part = 1.0 if batches.world == 1 else batches.world * len(targets) / whole  # gradients are averaged
            loss = part * network.loss(logits.to(exact), targets) + settings.l1 * network.penalty()
            optimiser.zero_grad()
            fabric.backward(loss)
            optimiser.step()
            labels = targets.argmax(dim=1) if targets.ndim == 2 else targets
            hits = (logits.argmax(dim=1) == labels).sum()
            sums += torch.stack(
                [loss.detach() * len(labels), hits.to(exact), torch.tensor(float(len(labels))).to(loss)]
            )
            advance(len(labels) * batches.world)
    return _means(sums, fabric)


def _as_one(batches: Batches, images: int) -> AbstractContextManager[object]:
    alone = batches.world == 1
    return nullcontext() if alone else OneBatch(rank=batches.rank, world=batches.world, images=images)


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
    if len(validation.rows) < batches.world:
        reason = f"{len(validation.rows)} validation cells cannot be divided among {batches.world} processes"
        raise RunError(reason, hint="Give fewer --devices or --num-nodes")
    network.eval()
    exact = network.dense.weight.dtype
    rows = validation.rows[batches.rank :: batches.world]
    labels = validation.labels[batches.rank :: batches.world].to(fabric.device)
    with fabric.autocast():
        shown = plain_batches(batches.pixels, rows, 32, fabric.device)
        logits = torch.cat([network(rgb.to(exact)).to(exact) for rgb in shown])
    loss = F.cross_entropy(logits, labels) + settings.l1 * network.penalty()
    hits = (logits.argmax(dim=1) == labels).sum()
    count = torch.tensor(float(len(labels))).to(loss)
    return _means(torch.stack([loss * count, hits.to(exact), count]), fabric)


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
