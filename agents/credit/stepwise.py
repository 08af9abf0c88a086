"""A rule on its way through trials, step by step."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

from .bins import Bin
from .memory import Memory

State = TypeVar("State")


class Stepping(Protocol[State]):
    """A rule by its steps; each name is that of :class:`~cogdyn.agents.credit.credit_rule.CreditRule`."""

    def step(self, state: State, bin: Bin, generator: torch.Generator | None, /) -> tuple[State, Tensor]: ...

    def finish(self, state: State) -> tuple[State, Tensor | None]: ...

    def remembered(self, state: State) -> Memory: ...


class Stepwise(Generic[State]):
    """A rule on its way through trials, step by step.

    Args:
        rule: The rule.
        state: Its state before the first bin.
    """

    def __init__(self, rule: Stepping[State], state: State):
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
