"""The checks of the reader's own ideal observer: what it chooses, and how often it is right."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from ....envs.registry import make_task
from ....envs.typechecked import typechecked
from ...checking.checks import Answer, CheckResult, check_answer


@typechecked
def check_ideal_choices(choose: Answer) -> CheckResult:
    """Check the choices of the ideal observer of two noisy channels: the one with more evidence in all bins.

    choice = 1 if the sum of left exceeds that of right, else 2

    They must be those of ``task.ideal``.

    Args:
        choose: Takes left (T, B) and right (T, B); returns 1 or 2 for each trial, (B,).
    """
    task = make_task("PerceptualDecisionMaking", stimulus_ms=600, coherences=(0.03, 0.06))
    batch = task.sample(300, seed=4)
    ((start, stop),) = batch.windows("stimulus")
    columns = task.input_groups["evidence"]
    left, right = np.moveaxis(batch.inputs[start[0] : stop[0], :, columns].astype(float), -1, 0)
    (choices,) = task.choices(task.ideal(batch), batch)
    correct = float(np.mean(choices == batch.conditions["side"]))
    return check_answer(
        lambda copies: choose(*copies),
        [left, right],
        choices,
        _choice_slips(left, right),
        praise=f"these are the choices of task.ideal. In such faint trials they are right in {correct:.0%}, and nobody "
        "who sees the same can do better.",
        hints={
            "stub": "Replace the raise by a line that compares the two channels over all bins.",
            "error": "left and right are (T, B): left.sum(axis=0) is one number for each trial, (B,).",
            "shape": "One choice for each trial: sum over the bins, axis 0.",
            "change": "Compute with left and right as they are.",
        },
    )


def _choice_slips(left: np.ndarray, right: np.ndarray) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""

    def more(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(a > b, 1, 2)

    return {
        "left and right have changed places.": (more(right.sum(0), left.sum(0)), "1 is left, 2 is right."),
        "classes are counted from 0.": (more(left.sum(0), right.sum(0)) - 1, "0 is fixation: 1 is left, 2 is right."),
        "only the last bin counts.": (more(left[-1], right[-1]), "Every bin brings as much as the last: add them up."),
        "only the first bin counts.": (more(left[0], right[0]), "Every bin brings as much as the first: add them up."),
        "the largest bin decides.": (
            more(left.max(0), right.max(0)),
            "The largest of many noisy bins is mostly noise. In a sum the noise averages out.",
        ),
        "every bin has one vote.": (
            more((left > right).sum(0), (left < right).sum(0)),
            "A vote forgets by how much. Add up the evidence itself.",
        ),
        "only the left channel counts.": (
            more(left.mean(0), np.full(left.shape[1], 0.5)),
            "The right channel knows as much: compare the two.",
        ),
        "only the right channel counts.": (
            more(np.full(left.shape[1], 0.5), right.mean(0)),
            "The left channel knows as much: compare the two.",
        ),
    }


@typechecked
def check_proportion_right(proportion: Answer) -> CheckResult:
    r"""Check how often the ideal observer answers "right", by the strength of the evidence.

    P = Phi(c n / sqrt(2 n sigma^2)): the sum of n differences has mean c n and variance 2 n sigma^2

    Args:
        proportion: Takes c (k,), signed strengths, n, a number of bins, and sigma; returns P (k,).
    """
    c, n, sigma = np.array([-0.2, -0.05, 0.0, 0.1, 0.3]), 30, 0.45
    return check_answer(
        lambda copies: proportion(copies[0], n, sigma),
        [c],
        ndtr(c * np.sqrt(n / 2) / sigma),
        _proportion_slips(c, n, sigma),
        praise="this is the psychometric curve of the best possible observer: the line above yours in the figure.",
        hints={
            "stub": "Replace the raise by ndtr(mean / standard deviation).",
            "error": "np.sqrt and ndtr take arrays as they are.",
            "shape": "One proportion for each strength, (k,).",
            "change": "Compute with c as it is.",
        },
    )


def _proportion_slips(c: np.ndarray, n: int, sigma: float) -> dict[str, tuple[np.ndarray, str]]:
    """What known mistakes return, each with its hint."""
    ratio = c * np.sqrt(n / 2) / sigma
    return {
        "the noise of one channel is missing.": (
            ndtr(c * np.sqrt(n) / sigma),
            "Both channels are noisy: each difference has the variance 2 sigma**2.",
        ),
        "the bins are missing.": (
            ndtr(c / (np.sqrt(2) * sigma)),
            "This is one bin. Over n bins the mean grows with n, its standard deviation with sqrt(n).",
        ),
        "the noise does not grow with the bins.": (
            ndtr(c * n / (np.sqrt(2) * sigma)),
            "Variances add up too: n of them.",
        ),
        "the variance stands for the standard deviation.": (
            ndtr(c * n / (2 * n * sigma**2)),
            "Take the square root of 2 n sigma**2.",
        ),
        "this is how often the answer is left.": (ndtr(-ratio), "At large c it must come near 1."),
        "that is the ratio, not yet a proportion.": (ratio, "ndtr makes a proportion of it."),
        "the sign of c is lost.": (ndtr(np.abs(ratio)), "At negative c the answer is mostly left: below one half."),
    }
