"""Rings: populations whose channels prefer angles spread evenly over the circle."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .errors import ArgumentError
from .names import check_name
from .typechecked import typechecked


@typechecked
@dataclass(frozen=True)
class Ring:
    """A ring of ``n`` channels; channel i prefers the angle 2 pi i / n.

    von Mises: exp(kappa (cos d - 1)). Gaussian: exp(-d^2 / (2 sigma^2)). d is the circular distance (rad),
    the peak is 1.
    """

    n: int
    shape: Literal["von_mises", "gaussian"] = "von_mises"
    kappa: float = 2.0
    sigma: float = np.pi / 8

    def __post_init__(self) -> None:
        """Refuse an empty ring, an unknown shape and a width that is not positive."""
        check_name("shape", self.shape, ("von_mises", "gaussian"))
        if self.n < 1 or self.n != int(self.n) or not (self.kappa > 0 and self.sigma > 0):
            raise ArgumentError(f"{self} cannot be; it needs n of at least 1, kappa and sigma above 0.")

    @property
    def preferred(self) -> np.ndarray:
        """The preferred angles (rad), (n,)."""
        return 2 * np.pi * np.arange(self.n) / self.n

    @typechecked
    def bump(self, angle: np.ndarray) -> np.ndarray:
        """Activity of the ring for each angle (rad): (...,) to (..., n)."""
        if not np.isfinite(angle).all():
            raise ArgumentError("angle holds NaN or infinity; it must be finite numbers (rad).")
        distance = (np.asarray(angle)[..., None] - self.preferred + np.pi) % (2 * np.pi) - np.pi
        if self.shape == "von_mises":
            return np.exp(self.kappa * (np.cos(distance) - 1))
        return np.exp(-(distance**2) / (2 * self.sigma**2))
