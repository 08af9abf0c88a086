"""What an update costs: its time, and the memory of the tensors made in it."""

from __future__ import annotations

import copy
import math
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ...envs.trial import TrialBatch
from ..credit.rule import Rule
from ..network.protocol import Network, first_parameter


class CostWatch:
    """What ``train(..., watch=...)`` notes at each evaluation: what an update by each rule takes by then.

    Updates are made on copies: network and rules stay as they were, and the rule that trains may be among them. With
    :class:`~cogdyn.agents.AlignmentWatch`:
    ``watch=lambda network, step: agreement(network, step) | cost(network, step)``.

    Args:
        rules: Rules by the name of their columns: ``"RFLO: ms"``, CPU time of an update (ms), and ``"RFLO: MiB"``, the
            most memory that tensors made in it held at once; NaN where the update diverges, which ends no training.
        batch: The trials of the update.
    """

    def __init__(self, rules: Mapping[str, Rule], batch: TrialBatch):
        self.rules, self.batch = rules, batch

    def __call__(self, network: Network, step: int) -> dict[str, float]:
        """Time and memory by rule; the noise is the same for all rules."""
        found = {}
        for name, rule in self.rules.items():
            own, copied = copy.deepcopy((network, rule))
            generator = torch.Generator(first_parameter(network).device).manual_seed(0)
            try:
                with PeakMemory() as memory:
                    copied.update(own, self.batch, generator)
                start = time.process_time()
                copied.update(own, self.batch, generator)
                spent = 1e3 * (time.process_time() - start), memory.peak / 2**20
            except FloatingPointError:
                spent = math.nan, math.nan
            found |= {f"{name}: ms": spent[0], f"{name}: MiB": spent[1]}
        return found


class PeakMemory(TorchDispatchMode):
    """A context in which the memory of new tensors is counted, each piece once and until nobody holds it.

    Attributes:
        peak: The most that was held at once, in bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.peak, self._held = 0, 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, and count what it made."""
        kwargs = kwargs or {}
        given = {
            tensor.untyped_storage()._cdata for tensor in tree_leaves((args, kwargs)) if isinstance(tensor, Tensor)
        }
        made = func(*args, **kwargs)
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor) and tensor.untyped_storage()._cdata not in given | self._known:
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        self._known.add(storage._cdata)
        self._held += storage.nbytes()
        self.peak = max(self.peak, self._held)
        weakref.finalize(storage, self._free, storage._cdata, storage.nbytes())

    def _free(self, piece: int, size: int) -> None:
        self._known.discard(piece)
        self._held -= size
