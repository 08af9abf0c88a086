"""Chronometric curves: how the time of a choice depends on the strength of the stimulus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit, xlogy

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array
from .shapes import shapes_repr


@dataclass(frozen=True)
class ChronometricFit:
    """A drift-diffusion model with bounds that stay.

    Attributes:
        bound: Distance of the bounds from the start over the noise of one second, A, in s^(1/2).
        sensitivity: Drift per strength of the stimulus over that noise, k, in s^(-1/2) per unit of strength.
        residual_ms: Time that is no decision, ms.
    """

    bound: float
    sensitivity: float
    residual_ms: float

    __repr__ = shapes_repr

    def reaction_ms(self, strength: AnyArray) -> np.ndarray:
        """Mean reaction time at each strength, ms."""
        return 1000 * _decision_time(as_array("strength", strength), self.bound, self.sensitivity) + self.residual_ms

    def accuracy(self, strength: AnyArray) -> np.ndarray:
        """Probability of a correct choice at each strength."""
        return expit(2 * self.bound * self.sensitivity * np.abs(as_array("strength", strength)))


@typechecked
def chronometric_fit(
    strength: AnyArray,
    reaction_ms: AnyArray,
    error_ms: AnyArray | None = None,
    *,
    correct: AnyArray | None = None,
    trials: AnyArray | None = None,
) -> ChronometricFit:
    r"""Fit mean reaction times, and accuracy where it is given, with a drift-diffusion model.

    .. math:: t(x) = \frac{A}{k |x|} \tanh(A k |x|) + t_R, \qquad t(0) = A^2 + t_R, \qquad
        p(x) = \frac{1}{1 + e^{-2 A k |x|}}

    by maximum likelihood, with Gaussian mean times and binomial choices.

    Args:
        strength: Strength of the stimulus x at each level, (K,), 3 different ones or more; its sign does not count.
        reaction_ms: Mean reaction time, (K,), ms.
        error_ms: Standard error of these means, (K,), ms; None takes 1 ms for all.
        correct: Number of correct choices at each level, (K,); with trials.
        trials: Out of how many, (K,).

    Returns:
        The fit.

    Raises:
        ValueError: If less than 3 strengths differ, shapes do not agree, errors are not positive, or correct and trials
            are not given together.

    Source: Palmer, Huk & Shadlen 2005, "The effect of stimulus strength on the speed and accuracy of a perceptual
    decision", doi:10.1167/5.5.1.
    """
    x, times = np.abs(as_array("strength", strength)), as_array("reaction_ms", reaction_ms)
    errors = np.ones(x.shape) if error_ms is None else as_array("error_ms", error_ms)
    if x.ndim != 1 or times.shape != x.shape or errors.shape != x.shape:
        raise ValueError(f"strength {x.shape}, reaction_ms {times.shape}, error_ms {errors.shape} must be (K,) each.")
    if not (np.isfinite(x).all() and np.isfinite(times).all() and np.isfinite(errors).all() and (errors > 0).all()):
        raise ValueError("strengths and times must be finite, and standard errors above 0.")
    if len(np.unique(x)) < 3:
        raise ValueError("three parameters take 3 different strengths or more.")
    if (correct is None) != (trials is None):
        raise ValueError("correct and trials go together; one is missing.")
    right = np.zeros(x.shape) if correct is None else as_array("correct", correct)
    n = np.zeros(x.shape) if trials is None else as_array("trials", trials)
    if right.shape != x.shape or n.shape != x.shape or not ((right >= 0) & (right <= n)).all():
        raise ValueError("correct counts must lie between 0 and the number of trials at each level.")

    def residuals(p: np.ndarray) -> np.ndarray:
        bound, sensitivity = np.exp(p[:2])
        late = (1000 * _decision_time(x, bound, sensitivity) + p[2] - times) / errors
        # Half the sum of squares is minus the log likelihood: the deviance of choices enters by its root.
        p_right = np.clip(expit(2 * bound * sensitivity * x), 1e-12, 1 - 1e-12)
        share = np.divide(right, n, out=np.full_like(n, 0.5), where=n > 0)
        deviance = xlogy(right, share / p_right) + xlogy(n - right, (1 - share) / (1 - p_right))
        return np.concatenate([late, np.sign(share - p_right) * np.sqrt(2 * np.maximum(deviance, 0))])

    spread = max(np.ptp(times), 1.0) / 1000
    starts = [[np.log(np.sqrt(spread)), np.log(k / x.max()), times.min()] for k in (0.3, 1, 3, 10, 30)]
    fits = [least_squares(residuals, start, x_scale=[1, 1, 100], xtol=1e-12, ftol=1e-14) for start in starts]
    bound, sensitivity, residual = min(fits, key=lambda fit: fit.cost).x
    return ChronometricFit(float(np.exp(bound)), float(np.exp(sensitivity)), float(residual))


def _decision_time(x: np.ndarray, bound: float, sensitivity: float) -> np.ndarray:
    """Mean time to a bound, s."""
    drift = bound * sensitivity * np.abs(x)
    # A² tanh(d) / d, whose limit at d = 0 is A²
    return bound**2 * np.divide(np.tanh(drift), drift, out=np.ones_like(drift), where=drift > 1e-8)
