"""cells → the pooled features of networks that have seen ImageNet and no cell; kept on disk for every later run.

Vogado et al. 2018 and Di Ruberto et al. 2020 put an SVM on such features. One .npz for each network in the cache folder
of `leukolens.research.data.store`, keyed by the cells' content, the preprocessing and the weights.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from leukolens.base import atomic
from leukolens.base.progress import track
from leukolens.research.augment.batches import to_rgb
from leukolens.research.data.store import CellStore, cache_folder
from leukolens.research.networks.initial_weights import initialise
from leukolens.research.networks.registry import build
from leukolens.research.older.table import FeatureTable
from leukolens.research.settings import TrainSettings

_BATCH = 32


def frozen_table(store: CellStore, inits: Mapping[str, str], *, cache: Path | None = None) -> FeatureTable:
    """Features of every cell of the store, named '<network>.<number>', from the cache or computed now.

    inits: network → 'imagenet', 'random' or a file of weights. Raises WeightsError or MissingExtra where weights cannot
    be had, OutputError when the cache has no room.
    """
    names: list[str] = []
    columns = []
    for network, init in inits.items():
        path = (cache or cache_folder()) / f"frozen-{_key(store, network, init)}.npz"
        if not path.is_file():
            values = _features(store, network, init)
            with atomic.place(path) as temporary:
                np.savez(temporary, values=values)
        with np.load(path, allow_pickle=False) as file:
            columns.append(file["values"].astype(np.float64))
        names += [f"{network}.{number}" for number in range(columns[-1].shape[1])]
    return FeatureTable(names=tuple(names), values=np.concatenate(columns, axis=1))


def _key(store: CellStore, network: str, init: str) -> str:
    weights = hashlib.sha256(Path(init).read_bytes()).hexdigest() if Path(init).is_file() else init
    facts = [store.data_hash(), asdict(store.preprocess), network, weights]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


@torch.no_grad()
def _features(store: CellStore, name: str, init: str) -> NDArray[np.float32]:
    # −1 to 1: frozen weights cannot get used to the paper's 0 to 1, for which they were not made
    network = build(TrainSettings(network=name, input_range="-1..1"))
    initialise(network, init)
    network.eval()
    found = []
    with track(f"features of {name}", len(store.cells), unit="cells") as advance:
        for start in range(0, len(store.cells), _BATCH):
            pixels = torch.from_numpy(np.array(store.pixels[start : start + _BATCH]))
            rgb = to_rgb(pixels, torch.arange(len(pixels)), torch.device("cpu"))
            found.append(network.pooled(rgb.contiguous(memory_format=torch.channels_last)).numpy())
            advance(len(pixels))
    return np.concatenate(found)
