"""Autonomy: does a network run its response from where it starts, or does the input drive it all the way?"""

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array


@typechecked
def variance_explained(
    outputs: AnyArray, targets: AnyArray, mask: AnyArray | None = None, *, about_zero: bool = False
) -> float:
    r"""R² of outputs about their targets.

    .. math:: R^2 = 1 - \frac{\sum (z - z^*)^2}{\sum (z^* - \bar z^*)^2}

    with the mean of each output over time and trials, or with ``about_zero`` without it, :math:`\sum z^{*2}`.

    Args:
        outputs: Outputs z, (T, B, n_out).
        targets: Targets z*, (T, B, n_out).
        mask: Which bins count, (T, B), as a weight of 0 or more; None for all.
        about_zero: Compare with an output that rests at zero, rather than at the mean of the target.

    Returns:
        R², at most 1.

    Raises:
        ValueError: If the shapes do not agree, a number that counts is not finite, or targets do not vary.
    """
    outputs, targets = as_array("outputs", outputs), as_array("targets", targets)
    if outputs.shape != targets.shape or targets.ndim != 3:
        raise ValueError(f"outputs {outputs.shape} and targets {targets.shape} must both be (T, B, n_out).")
    weight = np.ones(targets.shape[:2]) if mask is None else as_array("mask", mask)
    if weight.shape != targets.shape[:2]:
        raise ValueError(f"mask has shape {weight.shape}; expected {targets.shape[:2]}.")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError("mask must be finite and 0 or more; some of it is negative, NaN, masked or infinite.")
    counts = weight > 0
    if not counts.any():
        raise ValueError("no bin counts: the mask is zero everywhere.")
    weight, z, goal = weight[counts][:, None], outputs[counts], targets[counts]
    if not (np.isfinite(z).all() and np.isfinite(goal).all()):
        raise ValueError("outputs or targets that count hold NaN or infinity.")
    rest = 0.0 if about_zero else (weight * goal).sum(axis=0) / weight.sum()
    total = np.sum(weight * (goal - rest) ** 2)
    if total <= 1e-24 * np.sum(weight * goal**2) or total == 0:
        raise ValueError(f"targets that count are all {'zero' if about_zero else 'constant'}; R² has no measure.")
    return float(1 - np.sum(weight * (z - goal) ** 2) / total)


@typechecked
def autonomy_score(outputs: AnyArray, targets: AnyArray, mask: AnyArray | None = None) -> float:
    r"""R² about zero of the response that a network makes once the input about its goal is taken away.

    .. math:: 1 - \frac{\sum (z - z^*)^2}{\sum z^{*2}}

    1: the state when the input ends determines the response; 0: without the input there is none. With the input
    swapped for that of another goal instead of zeroed, pass the targets of the first goal: a network that follows its
    input scores far below 0.

    Args:
        outputs: Outputs with the input perturbed from the go cue on, (T, B, n_out).
        targets: Targets of the unperturbed trials, (T, B, n_out).
        mask: Bins that count, such as those of the movement, (T, B); None for all.

    Returns:
        The score, at most 1.

    Raises:
        ValueError: As for R².
    """
    return variance_explained(outputs, targets, mask, about_zero=True)
