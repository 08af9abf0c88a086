"""Random weights of two signs, and the figures of their signs and eigenvalues."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ....envs.errors import ArgumentError
from ....envs.numbers import whole_number
from ....envs.typechecked import typechecked
from ...figures.style import ACCENT, FAINT, INK, RC, SECOND, new_figure, note, values_to_draw

N_UNITS = 80


@typechecked
def mixed_weights(
    fraction: float = 0.8, gain: float = 0.8, balance: float = 1.0, n_units: int = N_UNITS, seed: int = 1
) -> np.ndarray:
    r"""Random weights that keep Dale's law, (N, N): the first units excite, the others inhibit.

    Sizes are normal. The inhibition of each unit is scaled to ``balance`` times its excitation, and all by one
    factor, so that at balance 1 the eigenvalues fill a disk of about the radius ``gain``; else one lies apart, near
    :math:`(1 - balance) \sum_j W_{ij}` over the excitatory j.

    Args:
        fraction: Fraction of units that excite.
        gain: Radius g of the disk.
        balance: Inhibition of each unit, in parts of its excitation.
        n_units: Number of units N.
        seed: Seed of the sizes.

    Raises:
        ValueError: If a unit of either sign is missing, or gain or balance is negative.

    Source: Rajan & Abbott 2006, doi:10.1103/PhysRevLett.97.188104.
    """
    n = whole_number("n_units", n_units, minimum=2)
    if n > 2000:
        raise ArgumentError(f"n_units is {n}; at most 2000.")
    excites = round(fraction * n) if 0 < fraction < 1 else 0
    if not 0 < excites < n:
        raise ArgumentError(f"fraction is {fraction:g} of {n} units; at least one must excite and one inhibit.")
    if gain < 0 or balance < 0:
        raise ArgumentError(f"gain is {gain:g} and balance {balance:g}; neither may be negative.")
    inhibits = n - excites
    weights = sizes_of(n, seed).astype(float)
    excitation, inhibition = weights[:, :excites].sum(1), weights[:, excites:].sum(1)
    weights[:, excites:] *= -(balance * excitation / inhibition)[:, None]
    return weights * gain / np.sqrt((1 - 2 / np.pi) * (excites + excites**2 / inhibits))


def sizes_of(n_units: int, seed: int) -> np.ndarray:
    """Sizes of weights, |N(0, 1)|, (N, N) float32."""
    return np.abs(np.random.default_rng(seed).standard_normal((n_units, n_units))).astype(np.float32)


@typechecked
def draw_weights(weights: np.ndarray) -> Figure:
    """Draw weights as a picture, senders from left to right: blue excites, orange inhibits.

    Args:
        weights: W, (N, N), W[i, j] from j to i.
    """
    weights = values_to_draw("weights", weights, None, None)
    if not np.isfinite(weights).all() or not weights.size:
        raise ArgumentError("weights must be finite numbers, and there must be some.")
    most = float(np.abs(weights).max()) or 1.0
    colours = LinearSegmentedColormap.from_list("signs", [SECOND, "white", ACCENT])
    with matplotlib.rc_context(RC):
        figure = new_figure(4.6, 4.0)
        axes = figure.subplots()
        image = axes.imshow(weights, cmap=colours, vmin=-most, vmax=most, interpolation="nearest")
        figure.colorbar(image, ax=axes, label="weight", shrink=0.8)
        axes.set(xlabel="sender j", ylabel="receiver i")
    return figure


@typechecked
def draw_spectra(weights: Mapping[str, np.ndarray]) -> Figure:
    """Draw the eigenvalues of weights in the plane of complex numbers, side by side; right of the line modes grow.

    Args:
        weights: W, (N, N), by name; at most four.
    """
    if not 1 <= len(weights) <= 4:
        raise ArgumentError(f"weights has {len(weights)} matrices; allowed: 1 to 4.")
    spectra = {name: np.linalg.eigvals(_square(name, values)) for name, values in weights.items()}
    reach = max(1.2, 1.05 * max(float(np.abs(values).max()) for values in spectra.values()))
    with matplotlib.rc_context(RC):
        figure = new_figure(6.6, 2.7)
        for axes, (name, values) in zip(
            figure.subplots(1, len(spectra), squeeze=False)[0], spectra.items(), strict=True
        ):
            axes.axvline(1, color=SECOND, lw=1, ls=(0, (4, 3)))
            axes.axhline(0, color=FAINT, lw=0.6)
            axes.axvline(0, color=FAINT, lw=0.6)
            axes.plot(values.real, values.imag, ".", color=ACCENT, ms=4)
            axes.set(title=name, xlabel="real part", xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            note(axes, "grows", (1, 0.97), ("data", "axes fraction"), "left", 2)
        figure.axes[0].set(ylabel="imaginary part")
        figure.axes[0].yaxis.label.set_color(INK)
    return figure


def _square(name: str, values: np.ndarray) -> np.ndarray:
    values = values_to_draw(name, values, None, None)
    if values.shape[0] != values.shape[1] or not values.size or not np.isfinite(values).all():
        raise ArgumentError(f"{name} has shape {values.shape}; expected finite weights (N, N).")
    return values
