"""Tensor maximum entropy: the most random rates with given means and covariances over time, units and conditions."""

from dataclasses import dataclass

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, check_rates
from .shapes import shapes_repr

_AXES = {"T": 0, "C": 1, "N": 2}


@dataclass(frozen=True)
class TensorMaximumEntropy:
    """A Gaussian over whole populations, from which surrogates are drawn.

    Attributes:
        mean: Mean rates, (T, C, N): what the constrained axes explain by themselves, summed.
        axes: Eigenvectors of the covariances over time (T, T), conditions (C, C) and units (N, N'), in columns, with
            N' units that change.
        variance: Variance along each triple of eigenvectors, (T, C, N').
    """

    mean: np.ndarray
    axes: tuple[np.ndarray, np.ndarray, np.ndarray]
    variance: np.ndarray

    __repr__ = shapes_repr

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """Draw one surrogate, (T, C, N)."""
        drawn = rng.standard_normal(self.variance.shape) * np.sqrt(self.variance)
        for axis, vectors in enumerate(self.axes):
            drawn = np.moveaxis(np.tensordot(vectors, drawn, axes=(1, axis)), 0, axis)
        return self.mean + drawn


@typechecked
def tensor_maximum_entropy(rates: AnyArray, keep: str = "TNC") -> TensorMaximumEntropy:
    r"""Fit the distribution of greatest entropy that has the means and covariances of the rates over some axes.

    The covariance over time is :math:`\Sigma_T = \sum_{c,n} x_{cn} x_{cn}^\top` of the time courses :math:`x_{cn}`
    less their mean; over conditions and units likewise. In the eigenvectors of the three, the distribution has
    independent entries of variance

    .. math:: v_{icj} = \frac{1}{\ell^T_i + \ell^C_c + \ell^N_j},

    where the multipliers :math:`\ell` minimise, with eigenvalues :math:`\lambda`,

    .. math:: \sum \ell \lambda - \sum_{icj} \log(\ell^T_i + \ell^C_c + \ell^N_j).

    It is convex and solved by Newton's method. Directions without variance in the data have none in surrogates, and
    constant units stay as they are. An axis that is not kept has no multipliers, and all its directions are alike.

    Args:
        rates: Rates, (T, C, N).
        keep: Axes of which mean and covariance are kept: ``"T"``, ``"N"``, ``"C"`` or more of them, such as
            ``"TNC"``.

    Returns:
        The distribution; its surrogates have the kept covariances on average.

    Raises:
        ValueError: If keep names no axis or an unknown one, or the rates hold NaN, or no change beyond their means.

    Source: Elsayed & Cunningham 2017, "Structure in neural population recordings: an expected byproduct of simpler
    phenomena?", doi:10.1038/nn.4617.
    """
    if not keep or set(keep) - set(_AXES) or len(set(keep)) < len(keep):
        raise ValueError(f"keep is {keep!r}; name each axis to keep once: T (time), N (units), C (conditions).")
    whole = check_rates(rates, "tensor maximum entropy")
    changing = np.ptp(whole, axis=(0, 1)) > 0
    array = whole[..., changing]
    kept = sorted(_AXES[letter] for letter in keep)
    grand = array.mean()
    mean = np.full(array.shape, grand)
    for axis in kept:
        others = tuple(a for a in range(3) if a != axis)
        mean += array.mean(axis=others, keepdims=True) - grand
    rest = array - mean
    if np.sum(rest**2) <= 1e-20 * np.sum(array**2):
        raise ValueError("tensor maximum entropy: nothing is left to draw; the rates are sums of means over axes.")

    spectra: list[np.ndarray | None] = [None, None, None]
    vectors = [np.eye(length) for length in array.shape]
    for axis in kept:
        unfolded = np.moveaxis(rest, axis, 0).reshape(array.shape[axis], -1)
        spectra[axis], vectors[axis] = np.linalg.eigh(unfolded @ unfolded.T)
    variance = _variance(spectra, array.shape)
    whole_mean, units = whole.copy(), np.zeros((whole.shape[2], array.shape[2]))
    whole_mean[..., changing], units[changing] = mean, vectors[2]
    return TensorMaximumEntropy(whole_mean, (vectors[0], vectors[1], units), variance)


def _variance(spectra: list[np.ndarray | None], shape: tuple[int, ...]) -> np.ndarray:
    """Variances whose sums over two axes are the spectrum of the third, wherever one is given; others are alike."""
    # Only directions with variance are fitted; an axis without a spectrum is one slab that stands for all its entries.
    inside = [np.ones(1, bool) if s is None else s > 1e-10 * s.max() for s in spectra]
    copies = float(np.prod([n for s, n in zip(spectra, shape, strict=True) if s is None]))
    targets = [None if s is None else s[k] for s, k in zip(spectra, inside, strict=True)]
    total = max(t.sum() for t in targets if t is not None)
    targets = [None if t is None else t * (total / t.sum()) for t in targets]
    fitted = np.zeros([len(k) for k in inside])
    fitted[np.ix_(*inside)] = _newton(targets, copies)
    return np.broadcast_to(fitted, shape).copy()


def _newton(targets: list[np.ndarray | None], copies: float) -> np.ndarray:
    """Variances v = 1 / (sum of multipliers) that, times copies, sum to each target over the other axes."""
    kept = [axis for axis, target in enumerate(targets) if target is not None]
    lengths = [1 if target is None else len(target) for target in targets]
    goal = np.concatenate([target for target in targets if target is not None]) / copies
    size = np.prod(lengths)
    ell = np.concatenate([size / len(t) / len(kept) / (t / copies) for t in targets if t is not None])
    cuts = np.cumsum([lengths[axis] for axis in kept])[:-1]

    def summed(ell: np.ndarray) -> np.ndarray:
        total = np.zeros(lengths)
        for axis, part in zip(kept, np.split(ell, cuts), strict=True):
            total += part.reshape([-1 if a == axis else 1 for a in range(3)])
        return total

    def loss(ell: np.ndarray) -> float:
        total = summed(ell)
        return float(ell @ goal - np.log(total).sum()) if total.min() > 0 else np.inf

    now, error = loss(ell), np.inf
    for _ in range(200):
        v = 1 / summed(ell)
        found = np.concatenate([v.sum(axis=tuple(a for a in range(3) if a != axis)) for axis in kept])
        error = float(np.abs(found / goal - 1).max())
        if error < 1e-7:
            return v
        hessian = np.block([[_pair(v**2, a, b) for b in kept] for a in kept])
        # Scaled to a unit diagonal; least squares, as constants move freely from one axis to another.
        scale = 1 / np.sqrt(np.diag(hessian))
        step = scale * np.linalg.lstsq(hessian * np.outer(scale, scale), scale * (found - goal), rcond=1e-13)[0]
        size = 1.0
        while (new := loss(ell + size * step)) > now + 1e-4 * size * ((goal - found) @ step) + 1e-12 * abs(
            now
        ) and size > 1e-12:
            size /= 2
        ell, now = ell + size * step, new
    raise RuntimeError(f"tensor maximum entropy: covariances are off by {error:.1e} of theirs.")


def _pair(squares: np.ndarray, a: int, b: int) -> np.ndarray:
    """Second derivatives with respect to the multipliers of axes a and b."""
    if a == b:
        return np.diag(squares.sum(axis=tuple(axis for axis in range(3) if axis != a)))
    summed = squares.sum(axis=({0, 1, 2} - {a, b}).pop())
    return summed if a < b else summed.T
