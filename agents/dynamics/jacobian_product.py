"""How much of a small change of the state is left after many steps, with and without bridges through time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Step = Callable[[Tensor], Tensor]
"""States (K, N) to the next states (K, N), differentiable."""

KINDS = ("SCTT", "DASC", "gradient skip")


@dataclass(frozen=True)
class Bridge:
    """A path around blocks of steps.

    Attributes:
        kind: ``"SCTT"``, which skips to the state at the start of the block; ``"DASC"``, to a coarse step from there;
            ``"gradient skip"``, as SCTT for errors alone, while the state goes on as it would.
        lag: Number of steps in a block.
        beta: Weight of what the dynamics made of the block, in [0, 1]; at 1 the bridge is gone.

    Raises:
        ValueError: If the kind is unknown, the lag below 1 or beta outside [0, 1].
    """

    kind: Literal["SCTT", "DASC", "gradient skip"]
    lag: int
    beta: float

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of bridge {self.kind!r}; known are {', '.join(KINDS)}.")
        if self.lag != int(self.lag) or self.lag < 1:
            raise ValueError(f"lag is {self.lag!r}; it must be a whole number of steps, 1 or more.")
        if not 0 <= self.beta <= 1:
            raise ValueError(f"beta is {self.beta!r}; allowed: 0 to 1.")


def jacobian_product(step: Step, h0: Tensor, n_steps: Sequence[int], bridge: Bridge | None = None) -> np.ndarray:
    r"""The Jacobian :math:`\partial h_n / \partial h_0` of many steps along the trajectory that starts at h0.

    An error is sent back through its transpose, so its singular values tell how much of an error is left, at most
    and at least. Without a bridge, with :math:`J_t = \partial\, step(h_t) / \partial h_t`, it is

    .. math:: \frac{\partial h_n}{\partial h_0} = J_{n-1} \cdots J_1 J_0 .

    With a bridge the steps are cut into blocks of :math:`\theta` from the first on. A block has the Jacobian

    .. math:: (1 - \beta)\, S + \beta\, J_{\theta-1} \cdots J_0, \qquad S = I \;\text{or}\; I + \theta\, (J_0 - I),

    I for SCTT and the gradient skip, the other for DASC. Steps that fill no block are plain. The trajectory is that
    of the bridged state, except with the gradient skip, which leaves the state alone.

    Args:
        step: The dynamics: states (K, N) to the next states (K, N).
        h0: The first state, (N,).
        n_steps: Numbers of steps n for which the Jacobian is wanted.
        bridge: How blocks are bridged; None for plain dynamics.

    Returns:
        In double precision, (len(n_steps), N, N); ``[k, i, j]`` is the derivative of unit i after ``n_steps[k]`` steps
        with respect to unit j before the first. ``numpy.linalg.svd(..., compute_uv=False)`` has the singular values.

    Raises:
        ValueError: If h0 is no vector, or a number of steps is negative.

    Source: the product is that of Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural
    networks", ICML; bridges are those of Soo, Goudar & Wang 2023, NeurIPS 36.
    """
    if h0.ndim != 1:
        raise ValueError(f"h0 has shape {tuple(h0.shape)}; expected one state, (N,).")
    if min(n_steps, default=0) < 0:
        raise ValueError(f"n_steps is {list(n_steps)}; a number of steps is 0 or more.")
    h = h0.detach().double()
    identity = torch.eye(len(h), dtype=h.dtype)
    wanted = {int(n): identity for n in n_steps}
    lag = max(wanted, default=0) + 1 if bridge is None else bridge.lag
    before = identity
    for start in range(0, max(wanted, default=0), lag):
        states = _trajectory(step, h, lag)
        within = identity
        jacobians = _jacobians(step, states[:-1])
        for k, jacobian in enumerate(jacobians, 1):
            within = jacobian @ within
            if start + k in wanted and k < lag:
                wanted[start + k] = within @ before
        h = states[-1]
        if bridge is not None:
            skipped, path = states[0], identity
            if bridge.kind == "DASC":
                skipped, path = skipped + lag * (states[1] - skipped), identity + lag * (jacobians[0] - identity)
            within = (1 - bridge.beta) * path + bridge.beta * within
            if bridge.kind != "gradient skip":
                h = (1 - bridge.beta) * skipped + bridge.beta * h
        before = within @ before
        if start + lag in wanted:
            wanted[start + lag] = before
    return np.stack([wanted[int(n)].numpy() for n in n_steps])


def _trajectory(step: Step, h: Tensor, n_steps: int) -> Tensor:
    """States (n_steps + 1, N) from h on."""
    states = [h]
    with torch.no_grad():
        for _ in range(n_steps):
            states.append(step(states[-1][None])[0])
    return torch.stack(states)


def _jacobians(step: Step, states: Tensor) -> Tensor:
    """The Jacobian of a step at each state (K, N), (K, N, N)."""
    one = torch.func.jacfwd(lambda h: step(h[None])[0])
    return torch.func.vmap(one)(states).detach()
