"""The checks of weights of two signs, and of the gradient step that keeps them so."""

from __future__ import annotations

import numpy as np
import torch

from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer

_SIGNS = np.array([1.0, 1.0, 1.0, -1.0])


@typechecked
def check_signed_weights(weights: Answer) -> CheckResult:
    """Check weights that keep Dale's law whatever the free numbers behind them are.

    ``W = |V| diag(signs)``

    Args:
        weights: Takes V (N, N), of any sign, and signs (N,), 1 or -1 for each sender; returns W (N, N).
    """
    v = np.random.default_rng(3).normal(size=(4, 4))
    size = np.abs(v)
    slips = {
        "the signs belong to the receivers.": (
            size * _SIGNS[:, None],
            "W[i, j] goes from j to i: the sign of column j. That is size * signs, without any [:, None].",
        ),
        "V keeps its own signs.": (v * _SIGNS, "Take the size first: np.abs(V)."),
        "the signs are missing.": (size, "Multiply the sizes by signs."),
        "what has the wrong sign is cut off.": (
            np.where(v * _SIGNS > 0, v, 0.0),
            "It would keep the law, but a weight at 0 has no gradient there and never returns. Take np.abs(V).",
        ),
        "V is squared.": (v**2 * _SIGNS, "np.abs, so that the size of a weight is that of its number."),
        "it is a matrix product with the signs.": (
            size @ np.diag(_SIGNS) @ np.ones((4, 4)),
            "Multiply element by element.",
        ),
    }
    return check_answer(
        lambda copies: weights(*copies),
        [v, _SIGNS],
        size * _SIGNS,
        slips,
        praise="every column has one sign, whatever V is.",
        hints={
            "stub": "Replace the raise by a line that returns W.",
            "error": "np.abs(V) is (N, N), signs is (N,).",
            "shape": "W has the shape of V.",
            "change": "Compute with V as it is; np.abs makes a new array.",
        },
    )


@typechecked
def check_signed_step(step: Answer) -> CheckResult:
    r"""Check a step of gradient descent on the free numbers V behind weights ``W = |V| diag(signs)``.

    V - lr dL/dW * sign(V) diag(signs)

    It must be what automatic differentiation does to V.

    Args:
        step: Takes V (N, N), signs (N,), dL_dW (N, N) and lr; returns the next V (N, N).
    """
    rng = np.random.default_rng(5)
    v, gradient, lr = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), 0.3
    free = torch.from_numpy(v).clone().requires_grad_()
    (free.abs() * torch.from_numpy(_SIGNS) * torch.from_numpy(gradient)).sum().backward()
    assert free.grad is not None
    right = v - lr * free.grad.numpy()
    through, weights = np.sign(v) * _SIGNS, np.abs(v) * _SIGNS
    flipped = np.mean(np.sign(right) != np.sign(v))
    slips = {
        "the sign of the sender is missing.": (
            v - lr * gradient * np.sign(v),
            "dW/dV has two factors: the sign of V, from np.abs, and signs.",
        ),
        "the sign of V is missing.": (
            v - lr * gradient * _SIGNS,
            "np.abs(V) falls where V is negative and rises: its slope is np.sign(V).",
        ),
        "V takes the gradient of W as it is.": (v - lr * gradient, "By the chain rule: dL/dV = dL/dW * dW/dV."),
        "the step goes up.": (v + lr * gradient * through, "The loss is to fall: V - lr * ..."),
        "W is returned, not V.": (np.abs(right) * _SIGNS, "Return the next V; the weights follow from it."),
        "W takes the step, not V.": (weights - lr * gradient, "This may turn a sign. Change V, and W keeps the law."),
        "the signs belong to the receivers.": (
            v - lr * gradient * np.sign(v) * _SIGNS[:, None],
            "signs belongs to columns: no [:, None].",
        ),
        "lr is missing.": (v - gradient * through, "Go only the part lr of the gradient."),
        "the change is returned, not the next V.": (right - v, "Add it to V."),
    }
    return check_answer(
        lambda copies: step(*copies, lr),
        [v, _SIGNS, gradient],
        right,
        slips,
        praise=f"this is what automatic differentiation does. {flipped:.0%} of the numbers V changed their sign here, "
        "and not one weight did.",
        hints={
            "stub": "Replace the raise by a line that returns the next V.",
            "error": "All arrays are (N, N), except signs, which is (N,).",
            "shape": "The next V has the shape of V.",
            "change": "Return a new array; V -= ... changes the caller's V.",
        },
    )
