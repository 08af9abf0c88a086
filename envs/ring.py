"""Rings: populations whose channels prefer angles spread evenly over the circle."""

from dataclasses import dataclass
from typing import Literal

import numpy as np


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

    @property
    def preferred(self) -> np.ndarray:
        """The preferred angles (rad), (n,)."""
        return 2 * np.pi * np.arange(self.n) / self.n

    def bump(self, angle: np.ndarray) -> np.ndarray:
        """Activity of the ring for each angle (rad): (...,) to (..., n)."""
        distance = (np.asarray(angle)[..., None] - self.preferred + np.pi) % (2 * np.pi) - np.pi
        if self.shape == "von_mises":
            return np.exp(self.kappa * (np.cos(distance) - 1))
        return np.exp(-(distance**2) / (2 * self.sigma**2))
