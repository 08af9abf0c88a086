"""What is left of a small change of the state after many steps, with and without bridges through time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from ...envs.typechecked import typechecked
from .arrays import AnyArray
from .linearisation import jacobians
from .step_callable import checked_states

Kind = Literal["SCTT", "DASC", "gradient skip"]


@typechecked
@dataclass(frozen=True)
class Bridge:
    """A path around blocks of steps.

    Attributes:
        kind: ``"SCTT"``, which leads to the state at the start of a block; ``"DASC"``, to one coarse step from there;
            ``"gradient skip"``, as SCTT for errors alone, while the state continues as it would.
        lag: Number of steps in a block.
        beta: Weight of what the dynamics made of the block, in [0, 1]; at 1 the bridge is gone.

    Raises:
        ValueError: If the kind is unknown, the lag no whole number from 1 on, or beta outside [0, 1].
    """

    kind: Kind
    lag: int
    beta: float

    def __post_init__(self):
        if self.kind not in get_args(Kind):
            raise ValueError(f"unknown kind of bridge {self.kind!r}; known are {', '.join(get_args(Kind))}.")
        if self.lag != int(self.lag) or self.lag < 1:
            raise ValueError(f"lag is {self.lag!r}; it must be a whole number of steps, 1 or more.")
        if not 0 <= self.beta <= 1:
            raise ValueError(f"beta is {self.beta!r}; allowed: 0 to 1.")


@torch.no_grad()
@typechecked
def jacobian_product(
    step: Callable[[Tensor], Tensor], h0: AnyArray, n_steps: Sequence[int], bridge: Bridge | None = None
) -> np.ndarray:
    r"""The Jacobian :math:`\partial h_n / \partial h_0` of n steps, along the trajectory that starts at h0.

    Its singular values say how much is left of a small change of the state, and of an error that goes back in time:
    the largest how much at best. Without a bridge it is a product, with :math:`J_t = \partial\, step(h_t) / \partial
    h_t`:

    .. math:: \frac{\partial h_n}{\partial h_0} = J_{n-1} \cdots J_1 J_0

    With a bridge, steps are cut into blocks of :math:`\theta` from the first on, and a block has the Jacobian

    .. math:: (1 - \beta)\, S + \beta\, J_{\theta-1} \cdots J_1 J_0, \qquad S = I \;\text{or}\; I + \theta\, (J_0 - I),

    the latter for DASC. Last steps that fill no block are plain. The trajectory consists of the bridged states; only
    the gradient skip leaves them as they are.

    Args:
        step: The dynamics in double precision: states (K, N) to the next states (K, N), differentiable.
        h0: First state, (N,).
        n_steps: Numbers of steps n for which the Jacobian is wanted, n_steps[k] for the k-th.
        bridge: How blocks are bridged; None for plain dynamics.

    Returns:
        (len(n_steps), N, N), in double precision: ``[k, i, j]`` is the derivative of unit i after ``n_steps[k]`` steps
        with respect to unit j before the first.

    Raises:
        ValueError: If h0 is not one state, or a number of steps is negative.

    Source: the product is from Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural
    networks", ICML; the bridges are from Soo, Goudar & Wang 2023, NeurIPS 36.
    """
    first = checked_states("h0", h0, "one state, (N,)", (1,))
    if len(n_steps) == 0 or min(n_steps) < 0:
        raise ValueError(f"n_steps is {list(n_steps)}; it must be numbers of steps, each 0 or more.")
    kind, lag, beta = ("SCTT", 1, 1.0) if bridge is None else (bridge.kind, bridge.lag, bridge.beta)
    # The state (1, N), and the derivative of each unit's with respect to each unit before the first step, (N, N).
    h, change = first[None], torch.eye(len(first), dtype=torch.float64, device=first.device)
    found = {0: change}
    at_start = coarse = h, change
    for n in range(1, max(n_steps, default=0) + 1):
        begins = (n - 1) % lag == 0
        if begins:
            at_start = h, change
        h, change = step(h).detach(), jacobians(step, h)[0] @ change
        if begins:
            coarse = tuple(old + lag * (new - old) for old, new in zip(at_start, (h, change), strict=True))
        if n % lag == 0:
            skip, skip_change = coarse if kind == "DASC" else at_start
            change = (1 - beta) * skip_change + beta * change
            if kind != "gradient skip":
                h = (1 - beta) * skip + beta * h
        if n in n_steps:
            found[n] = change
    return np.stack([found[n].cpu().numpy() for n in n_steps])
