"""A rule on its way through trials, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch import Tensor

from .bins import Bin
from .memory import Memory

if TYPE_CHECKING:
    from .credit_rule import CreditRule

State = TypeVar("State")


class Stepwise(Generic[State]):
    """A rule on its way through trials, step by step.

    Args:
        rule: The rule.
        state: Its state before the first bin.
    """

    def __init__(self, rule: CreditRule[State], state: State):
        self.rule, self.state = rule, state

    def step(self, bin: Bin, generator: torch.Generator | None) -> Tensor:
        """Go through a bin; returns what it adds to the gradient."""
        self.state, gradient = self.rule.step(self.state, bin, generator)
        return gradient

    def finish(self) -> Tensor | None:
        """End the trials; returns what is left of the gradient."""
        self.state, left = self.rule.finish(self.state)
        return left

    @property
    def memory(self) -> Memory:
        """What the rule has learned for itself."""
        return self.rule.remembered(self.state)
