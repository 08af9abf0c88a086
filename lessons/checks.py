"""Checks of exercises: they run what a reader wrote, and say what is right, or what is wrong and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np

EulerStep = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Verdict:
    """Outcome of a check.

    Attributes:
        passed: Whether the answer is right.
        reason: What was found.
        hint: What to look at next; empty when nothing is left to do.
    """

    passed: bool
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        """The verdict as one line of text."""
        return f"{'Right' if self.passed else 'Not yet'}: {self.reason}{' ' + self.hint if self.hint else ''}"

    def _repr_html_(self) -> str:
        colour = "#009E73" if self.passed else "#D55E00"
        hint = f"<br><em>{escape(self.hint)}</em>" if self.hint else ""
        return (
            f'<div role="status" style="border-left:4px solid {colour};padding:.4em .8em">'
            f"<strong>{'Right' if self.passed else 'Not yet'}.</strong> {escape(self.reason)}{hint}</div>"
        )


def check_euler_step(step: EulerStep) -> Verdict:
    """Check one Euler step of a leaky rate network with f = relu, leak on the voltage.

    x_t = (1 - alpha) x + alpha (W f(x) + W_in u + b)

    Args:
        step: Takes x (N,), u (n_in,), W (N, N), W_in (N, n_in), b (N,) and alpha; returns the next x (N,).
    """
    rng = np.random.default_rng(1)
    x, u, b, alpha = rng.normal(size=5), rng.normal(size=3), rng.normal(size=5), 0.2
    w, w_in = rng.normal(size=(5, 5)), rng.normal(size=(5, 3))
    given = [array.copy() for array in (x, u, w, w_in, b)]
    try:
        answer = step(*given, alpha)
    except NotImplementedError:
        return Verdict(False, "nothing is written yet.", "Replace the raise by one line that returns the next x.")
    except Exception as error:  # a reader's code may raise anything, and the reader is to be told
        return Verdict(
            False, f"your function raised {type(error).__name__}: {error}.", "Check the shapes: W is (N, N)."
        )
    if answer is None:
        return Verdict(False, "your function returns nothing.", "Did you forget return?")
    if any((now != before).any() for now, before in zip(given, (x, u, w, w_in, b), strict=True)):
        return Verdict(
            False, "your function changes its arguments.", "Return a new array; x += ... changes the caller's x."
        )
    answer = np.asarray(answer)
    if answer.shape != x.shape:
        return Verdict(False, f"the result has shape {answer.shape}, not that of x, {x.shape}.", "W @ r sums over j.")
    r = np.maximum(x, 0)
    drive = w @ r + w_in @ u + b
    slips = {
        "the leak is missing: x keeps its whole value.": (x + alpha * drive, "(1 - alpha) of x stays."),
        "voltages travel along the synapses.": (
            (1 - alpha) * x + alpha * (w @ x + w_in @ u + b),
            "A synapse passes on the rate f(x) of its unit, not the voltage x.",
        ),
        "W is the wrong way round.": (
            (1 - alpha) * x + alpha * (w.T @ r + w_in @ u + b),
            "W[i, j] is the synapse from j to i, so the sum over j is W @ r.",
        ),
        "the drive is not multiplied by alpha.": ((1 - alpha) * x + drive, "All that arrives counts alpha."),
        "only the recurrent input is multiplied by alpha.": (
            (1 - alpha) * x + alpha * (w @ r) + w_in @ u + b,
            "Put the recurrent input, W_in u and b into one bracket.",
        ),
        "the bias is missing.": ((1 - alpha) * x + alpha * (drive - b), "Add b inside the bracket."),
        "the external input is missing.": ((1 - alpha) * x + alpha * (w @ r + b), "Add W_in @ u inside the bracket."),
        "rates leak, not voltages.": ((1 - alpha) * r + alpha * drive, "What decays here is x."),
    }
    if np.allclose(answer, (1 - alpha) * x + alpha * drive, rtol=1e-8, atol=1e-10):
        return Verdict(True, "this is the step that the trained network takes, once every 20 ms.")
    for reason, (wrong, hint) in slips.items():
        if np.allclose(answer, wrong, rtol=1e-8, atol=1e-10):
            return Verdict(False, reason, hint)
    error = float(np.abs(answer - ((1 - alpha) * x + alpha * drive)).max())
    return Verdict(False, f"the result is off by up to {error:.2g}.", "Compare with the equation term by term.")
