"""What analyses ask of a step callable and of the states they hand to it."""

from __future__ import annotations

from collections.abc import Callable, Container

import torch
from torch import Tensor

from .arrays import AnyArray, as_array

Step = Callable[[Tensor], Tensor]
"""One step of the dynamics at a constant input: states (K, N) to the next states (K, N), each row by itself."""


def checked_states(name: str, values: AnyArray, expected: str, axes: Container[int]) -> Tensor:
    """States as a tensor of double precision that shares no gradient with what was given.

    Args:
        name: What the states are; a message names it.
        values: The states; a tensor stays on its device.
        expected: Their shape in words, such as ``"(K, N)"``.
        axes: Numbers of axes that are allowed.

    Raises:
        ValueError: If they have another number of axes, no units, or hold NaN, masked entries or infinity.
    """
    given = values if isinstance(values, Tensor) else torch.from_numpy(as_array(name, values).copy())
    states = given.detach().to(torch.float64)
    if states.ndim not in axes or states.shape[-1] == 0:
        raise ValueError(f"{name} has shape {tuple(states.shape)}; expected {expected}.")
    bad = ~torch.isfinite(states).reshape(-1, states.shape[-1])
    if bad.any():
        in_all = bad.all(dim=0).nonzero()[:, 0].tolist()
        rows = bad.any(dim=1).nonzero()[:, 0]
        where = f"in {len(rows)} of {len(bad)} states, first in {int(rows[0])}; leave these states out"
        if in_all:
            where = f"units {in_all[:8]} do so in every state; leave these units out, here and in the step"
        raise ValueError(f"{name} holds NaN, masked entries or infinity: {where}.")
    return states


def check_step(step: Step, states: Tensor) -> None:
    """Try the step on the first states (K, N), K at least 1.

    Raises:
        ValueError: If it fails in double precision, returns another shape, type or device, or a state's successor
            depends on the other states of the batch or on chance.
    """
    few = states[:3]
    together, again, alone = next_states(step, few), next_states(step, few), next_states(step, few[-1:])
    if not torch.equal(together.isnan(), again.isnan()) or not torch.allclose(
        together, again, rtol=0, atol=0, equal_nan=True
    ):
        raise ValueError("step gives different results for the same states; switch its noise off.")
    if not torch.allclose(together[-1:], alone, rtol=1e-6, atol=1e-9, equal_nan=True):
        raise ValueError("step gives another result for a state alone than for the same state among others.")


@torch.no_grad()
def next_states(step: Step, states: Tensor) -> Tensor:
    """The states after one step, without gradients.

    Raises:
        ValueError: If the step fails, or returns another shape, type or device.
    """
    try:
        after = step(states)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(
            f"step failed on states of shape {tuple(states.shape)} in double precision ({error}); it must take any "
            "number K of states (K, N), and nothing else. That of a network is cogdyn.agents.step_at(network, inputs)."
        ) from error
    if not isinstance(after, Tensor):
        raise ValueError(f"step returned {type(after).__name__}; expected a tensor of {states.dtype}.")
    if after.shape != states.shape or after.dtype != states.dtype or after.device != states.device:
        raise ValueError(
            f"step took states {tuple(states.shape)} of {states.dtype} on {states.device} and returned "
            f"{tuple(after.shape)} of {after.dtype} on {after.device}; they must be the same."
        )
    return after
