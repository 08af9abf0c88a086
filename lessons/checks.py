"""Checks of exercises: they run what a reader wrote, and say what is right, or what is wrong and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..envs.typechecked import typechecked

Answer = Callable[..., np.ndarray]
"""A function that a reader wrote."""


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


@typechecked
def check_euler_step(step: Answer) -> Verdict:
    """Check one Euler step of a leaky rate network with f = relu, leak on the voltage.

    x_t = (1 - alpha) x + alpha (W f(x) + W_in u + b)

    Args:
        step: Takes x (N,), u (n_in,), W (N, N), W_in (N, n_in), b (N,) and alpha; returns the next x (N,).
    """
    rng = np.random.default_rng(1)
    x, u, b, alpha = rng.normal(size=5), rng.normal(size=3), rng.normal(size=5), 0.2
    w, w_in = rng.normal(size=(5, 5)), rng.normal(size=(5, 3))
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
    return judged(
        lambda given: step(*given, alpha),
        [x, u, w, w_in, b],
        right=(1 - alpha) * x + alpha * drive,
        slips=slips,
        praise="this is the step that the trained network takes, once every 20 ms.",
        hints={
            "stub": "Replace the raise by one line that returns the next x.",
            "error": "Check the shapes: W is (N, N).",
            "shape": "W @ r sums over j.",
            "change": "Return a new array; x += ... changes the caller's x.",
        },
    )


@typechecked
def check_bridged_block(block: Answer) -> Verdict:
    """Check a block of steps with a bridge to its start (SCTT).

    h = (1 - beta) h_0 + beta E(h_0), where E takes lag steps

    Args:
        block: Takes step, which takes h (N,) to the next h (N,), and h_0 (N,), lag and beta; returns h (N,).
    """
    rng = np.random.default_rng(2)
    h0, w, lag, beta = rng.normal(size=4), rng.normal(size=(4, 4)), 5, 0.3

    def step(h: np.ndarray) -> np.ndarray:
        return h + 0.2 * (np.tanh(w @ h) - h)

    def repeated(n: int, one: Answer = step) -> np.ndarray:
        h = h0
        for _ in range(n):
            h = one(h)
        return h

    def joined(skip: np.ndarray, h: np.ndarray) -> np.ndarray:
        return (1 - beta) * skip + beta * h

    end = repeated(lag)
    slips = {
        "the bridge is missing: this is the plain network.": (
            end,
            "Keep h_0 while h moves on, and join the two after the loop.",
        ),
        "beta weighs the wrong path.": (
            beta * h0 + (1 - beta) * end,
            "At beta = 1 the network must be plain: beta belongs to what the steps made of h_0.",
        ),
        "the start counts whole.": (h0 + beta * end, "Its weight is 1 - beta, so that both weights add up to 1."),
        "the state before the last step is joined, not that at the start.": (
            joined(repeated(lag - 1), end),
            "Keep h_0 under a name of its own, and let another name move on.",
        ),
        "h_0 is joined after every step.": (
            repeated(lag, lambda h: joined(h0, step(h))),
            "The bridge has one end: join after the loop.",
        ),
        "every step is joined with the one before.": (
            repeated(lag, lambda h: joined(h, step(h))),
            "Such a network is merely slower. Join once, after the loop, with h_0.",
        ),
        "one step is missing.": (joined(h0, repeated(lag - 1)), "range(lag) counts lag steps."),
        "that is one step too many.": (joined(h0, repeated(lag + 1)), "range(lag) counts lag steps."),
        "only one step is taken.": (joined(h0, step(h0)), "The network moves lag times from one end to the other."),
        "this is DASC.": (
            joined(h0 + lag * (step(h0) - h0), end),
            "Well done, but the exercise is simpler: skip to h_0 itself.",
        ),
    }
    return judged(
        lambda given: block(step, *given, lag, beta),
        [h0],
        right=joined(h0, end),
        slips=slips,
        praise="at beta = 1 it is the plain network, and below it an error finds a short way back.",
        hints={
            "stub": "Replace the raise by a loop over the steps, and join after it.",
            "error": "step takes one state, h, and returns the next.",
            "shape": "Return the state after the block.",
            "change": "Write h = step(h), not h += ..., which changes the caller's h_0.",
        },
    )


def judged(
    run: Callable[[list[np.ndarray]], Any],
    arguments: Sequence[np.ndarray],
    right: np.ndarray,
    slips: Mapping[str, tuple[np.ndarray, str]],
    praise: str,
    hints: Mapping[str, str],
) -> Verdict:
    """Compare what a reader's function returns with the right answer, and with known slips, each with its hint."""
    given = [array.copy() for array in arguments]
    try:
        answer = run(given)
    except NotImplementedError:
        return Verdict(False, "nothing is written yet.", hints["stub"])
    except Exception as error:  # a reader's code may raise anything, and the reader is to be told
        return Verdict(False, f"your function raised {type(error).__name__}: {error}.", hints["error"])
    if answer is None:
        return Verdict(False, "your function returns nothing.", "Did you forget return?")
    if any((now != before).any() for now, before in zip(given, arguments, strict=True)):
        return Verdict(False, "your function changes its arguments.", hints["change"])
    answer = np.asarray(answer)
    if answer.shape != right.shape:
        return Verdict(False, f"the result has shape {answer.shape}, not {right.shape}.", hints["shape"])
    if np.allclose(answer, right, rtol=1e-8, atol=1e-10):
        return Verdict(True, praise)
    for reason, (wrong, hint) in slips.items():
        if np.allclose(answer, wrong, rtol=1e-8, atol=1e-10):
            return Verdict(False, reason, hint)
    error = float(np.abs(answer - right).max())
    return Verdict(False, f"the result is off by up to {error:.2g}.", "Compare with the equation term by term.")
