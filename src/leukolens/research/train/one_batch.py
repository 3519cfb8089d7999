"""Several processes compute what one would with the whole batch: batch statistics and dropout are those of all shares.

Without it, batch normalisation over 4 devices sees a quarter of the recipe's batch each, and the recipe is another one.
Each process holds every nth image of the batch, as `augment.batches` deals them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from leukolens.research.train.launch import summed


class OneBatch(TorchFunctionMode):
    """While it is entered, F.batch_norm and F.dropout of a training network work on the batch of all processes.

    rank, world: this process among how many; images: of the whole batch. Any network's layers come by here, timm's and
    the reader's own too; what they draw by other functions (stochastic depth) stays each process's own.
    """

    def __init__(self, *, rank: int, world: int, images: int) -> None:
        super().__init__()
        self.rank, self.world, self.images = rank, world, images

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Called by torch for each function; see the class."""
        given = dict(kwargs or {})
        if self.world > 1 and func is F.batch_norm:
            return self._batch_norm(*args, **given)
        if self.world > 1 and func is F.dropout:
            return self._dropout(*args, **given)
        return func(*args, **given)

    def _batch_norm(
        self,
        x: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        """x: (N, C, …), this process's share."""
        if not training:
            return F.batch_norm(x, running_mean, running_var, weight, bias, training, momentum, eps)
        others = [axis for axis in range(x.ndim) if axis != 1]
        shape = [-1 if axis == 1 else 1 for axis in range(x.ndim)]
        values = x if x.dtype == torch.float64 else x.float()
        count = self.images * (x.numel() // (x.shape[0] * x.shape[1]))
        mean = summed(values.sum(others)) / count
        centred = values - mean.view(shape)
        var = summed(centred.square().sum(others)) / count
        if running_mean is not None and running_var is not None:
            with torch.no_grad():
                running_mean.lerp_(mean.to(running_mean.dtype), momentum)
                running_var.lerp_((var * (count / (count - 1))).to(running_var.dtype), momentum)
        found = centred * torch.rsqrt(var + eps).view(shape)
        if weight is not None:
            found = found * weight.view(shape)
        if bias is not None:
            found = found + bias.view(shape)
        return found.to(x.dtype)

    def _dropout(self, x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        if not training or not 0 < p < 1:
            return F.dropout(x, p, training, inplace)
        whole = x.new_empty((self.images, *x.shape[1:])).bernoulli_(1 - p)  # as torch draws it on a processor
        return x * whole[self.rank :: self.world].div_(1 - p)
