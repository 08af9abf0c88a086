"""Psychometric curves: how choices depend on the stimulus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, ndtr, xlogy

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array
from .shapes import shapes_repr

Curve = Literal["gaussian", "logistic"]


@dataclass(frozen=True)
class PsychometricFit:
    """A sigmoid between two lapse rates.

    Attributes:
        bias: Stimulus in the middle of the curve, in the unit of the stimulus.
        width: Standard deviation of the cumulative Gaussian, or scale of the logistic, in the unit of the stimulus.
        lapse_low: Probability of the choice however low the stimulus.
        lapse_high: One less the probability however high it is.
        log_likelihood: Of the choices, without the binomial coefficients.
        curve: Its shape.
    """

    bias: float
    width: float
    lapse_low: float
    lapse_high: float
    log_likelihood: float
    curve: Curve

    __repr__ = shapes_repr

    def probability(self, stimulus: AnyArray) -> np.ndarray:
        """Probability of the choice at each stimulus."""
        parameters = (self.bias, self.width, self.lapse_low, self.lapse_high)
        return _sigmoid(as_array("stimulus", stimulus), *parameters, self.curve)


@typechecked
def psychometric_fit(
    stimulus: AnyArray,
    choices: AnyArray,
    trials: AnyArray | None = None,
    *,
    curve: Curve = "gaussian",
    lapse_low: float | None = 0.0,
    lapse_high: float | None = 0.0,
) -> PsychometricFit:
    r"""Fit choices by maximum likelihood.

    .. math:: p(x) = \lambda_{low} + (1 - \lambda_{low} - \lambda_{high})\, F\!\left(\frac{x - \mu}{\sigma}\right)

    with F the cumulative Gaussian or the logistic function.

    Args:
        stimulus: Stimulus of each trial or of each level, (K,), such as signed coherence.
        choices: How often the choice was made, (K,): 0 or 1 for single trials.
        trials: Out of how many, (K,); None for one each.
        curve: Shape of F.
        lapse_low: Lower lapse rate; None fits it, within 0 to 0.5. For two forced choices of which one is right, 0.5.
        lapse_high: Upper lapse rate; None fits it.

    Returns:
        The fit.

    Raises:
        ValueError: If less than 2 stimuli differ, counts make no sense, all choices are the same, or choices follow the
            stimulus without any error, so that no width is too small; pass a lapse rate then, or more trials.

    Source: Wichmann & Hill 2001, "The psychometric function: I. Fitting, sampling, and goodness of fit",
    doi:10.3758/BF03194544.
    """
    x, yes = as_array("stimulus", stimulus), as_array("choices", choices)
    n = np.ones(x.shape) if trials is None else as_array("trials", trials)
    if curve not in get_args(Curve):
        raise ValueError(f"unknown curve {curve!r}; known are {', '.join(get_args(Curve))}.")
    if x.ndim != 1 or yes.shape != x.shape or n.shape != x.shape:
        raise ValueError(f"stimulus {x.shape}, choices {yes.shape} and trials {n.shape} must be of one length, (K,).")
    if not (np.isfinite(x).all() and (yes >= 0).all() and (yes <= n).all() and np.isfinite(n).all()):
        raise ValueError("stimuli must be finite and counts of choices between 0 and the number of trials.")
    if len(np.unique(x)) < 2:
        raise ValueError("a psychometric curve takes 2 different stimuli or more.")
    if not 0 < yes.sum() < n.sum():
        raise ValueError("all choices are the same; there is no curve to fit.")
    for name, lapse in (("lapse_low", lapse_low), ("lapse_high", lapse_high)):
        if lapse is not None and not 0 <= lapse <= 0.5:
            raise ValueError(f"{name} is {lapse}; it must be 0 to 0.5, or None to be fitted.")
    perfect = lapse_low in (0, None) and lapse_high in (0, None)
    if perfect and max(x[n > yes], default=-np.inf) < min(x[yes > 0], default=np.inf):
        raise ValueError("choices follow the stimulus without an error, so that no width is too small to explain them.")
    scale = np.ptp(x)
    n_free = (lapse_low is None) + (lapse_high is None)

    def unpack(p: np.ndarray) -> tuple[float, float, float, float]:
        low = float(p[2]) if lapse_low is None else lapse_low
        high = float(p[-1]) if lapse_high is None else lapse_high
        return float(x.min() + scale * p[0]), float(scale * np.exp(p[1])), low, high

    def loss(p: np.ndarray) -> float:
        bias, width, low, high = unpack(p)
        probability = np.clip(_sigmoid(x, bias, width, low, high, curve), 1e-12, 1 - 1e-12)
        return -float(np.sum(xlogy(yes, probability) + xlogy(n - yes, 1 - probability)))

    bounds = [(-2, 3), (np.log(1e-3), np.log(1e2)), *[(0, 0.5)] * n_free]
    starts = [np.array([b, np.log(w), *[0.05] * n_free]) for b in (0.2, 0.5, 0.8) for w in (0.05, 0.3)]
    best = min((minimize(loss, s, bounds=bounds, method="L-BFGS-B", tol=1e-12) for s in starts), key=lambda f: f.fun)
    polished = minimize(loss, best.x, bounds=bounds, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    best = polished if polished.fun < best.fun else best
    return PsychometricFit(*unpack(best.x), -float(best.fun), curve)


def _sigmoid(x: np.ndarray, bias: float, width: float, low: float, high: float, curve: Curve) -> np.ndarray:
    z = (x - bias) / width
    return low + (1 - low - high) * (ndtr(z) if curve == "gaussian" else expit(z))
