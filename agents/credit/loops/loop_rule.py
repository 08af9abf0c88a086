"""What loops need of a rule: its loop, the way from its state to arrays and back, and how weights follow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from ...network.rate_rnn import RateRNN
from ..descent import Descent
from ..feedback import Feedback, Pathway
from ..memory import Memory
from .arrays import Arrays, LoopBin


class LoopRule(Protocol):
    """A rule with a loop; each name is that of :class:`~cogdyn.agents.credit.credit_rule.CreditRule`."""

    largest_loop: ClassVar[int]
    feedback: Pathway
    feedback_weights: Feedback
    descent: Descent
    memory: Memory

    @classmethod
    def has_loop(cls) -> bool: ...

    @staticmethod
    def loop(state: Arrays, bin: LoopBin, draw: np.ndarray, constants: np.ndarray, G: np.ndarray) -> None: ...

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Any: ...

    def to_loop(self, state: Any, network: RateRNN, batch_size: int) -> Sequence[Tensor]: ...

    def from_loop(self, state: Any, tensors: Sequence[Tensor]) -> Any: ...

    def constants(self, network: RateRNN) -> Sequence[float]: ...

    def draws(
        self, network: RateRNN, n_bins: int, batch_size: int, generator: torch.Generator | None
    ) -> Tensor | None: ...

    def finish(self, state: Any) -> tuple[Any, Tensor | None]: ...

    def remembered(self, state: Any) -> Memory: ...
