"""Pictures of random pixels, and the augmentation that leaves them as they are."""

import torch
from torch import Tensor

from leukolens.research.settings import Augmentation

STILL = Augmentation(rotation=0, flip=0, brightness=(1, 1), brightness_stretch=False, shift=0, zoom=(1, 1), shear=0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture(count: int = 2, side: int = 24) -> Tensor:
    return torch.rand((count, 3, side, side), generator=seeded(5)) * 255
