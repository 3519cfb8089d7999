"""What Lightning's Trainer and Fabric cost a training step, on a network so small that little else is left.

python bench/step_overhead.py
"""

import logging
import time
import warnings

import lightning as L
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

STEPS = 2000


class Tiny(L.LightningModule):
    """Four inputs, two classes."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.cross_entropy(self.dense(x), torch.zeros(len(x), dtype=torch.long))

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        return self(batch[0])  # type: ignore[no-any-return]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters())


def plain(data: DataLoader[tuple[Tensor, ...]]) -> None:
    model = Tiny()
    optimiser = model.configure_optimizers()
    for batch in data:
        optimiser.zero_grad()
        model(batch[0]).backward()
        optimiser.step()


def fabric(data: DataLoader[tuple[Tensor, ...]]) -> None:
    runner = L.Fabric(accelerator="cpu", devices=1)
    model, optimiser = runner.setup(module := Tiny(), module.configure_optimizers())
    for batch in data:
        optimiser.zero_grad()
        runner.backward(model(batch[0]))
        optimiser.step()


def trainer(data: DataLoader[tuple[Tensor, ...]]) -> None:
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    L.Trainer(max_epochs=1, accelerator="cpu", devices=1, **quiet).fit(Tiny(), data)  # type: ignore[arg-type]


def main() -> None:
    logging.getLogger("lightning").setLevel(logging.ERROR)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    data = DataLoader(TensorDataset(torch.rand(16 * STEPS, 4)), batch_size=16)
    for loop in (plain, fabric, trainer):
        loop(data)  # once to warm up
        started = time.perf_counter()
        loop(data)
        print(f"{loop.__name__:8s} {(time.perf_counter() - started) / STEPS * 1e3:.3f} ms a step")


if __name__ == "__main__":
    main()
