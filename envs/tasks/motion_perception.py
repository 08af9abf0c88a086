"""Motion perception: how well a direction is seen depends on what else is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Choice, Duration
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import Hypotheses, HypothesesTask
from ..ring import Ring

DIRECTIONS = ("right", "up", "left", "down")


@dataclass(frozen=True, kw_only=True)
class SpatialSuppressMotion(HypothesesTask):
    """Something moves, briefly: in which of four directions? It is small or large, faint or clear.

    A population tuned to direction sees it with the gain of a centre with a suppressive surround. Faint motion is seen
    the better the larger it is; of clear motion the surround sees so much that a large one is seen worse than a small
    one. The gain is E C / (1 + suppression I S): C = 1 - exp(-(size / centre)^2), S the same with the surround,
    E = c / (c + 0.05) and I = c^2 / (c^2 + 0.3^2) for contrast c. This form and its constants are ours.

    :channels: fixation; motion (ring of 8)
    :responses: fixate, right, up, left, down
    :timing: fixation 200, stimulus 40/80/160, decision 300 ms
    :scoring: the class chosen in decision; chance 25 %, ceiling 88.6 %

    Attributes:
        sizes: Radius of the stimulus (degrees of visual angle); one is drawn for each trial.
        contrast_levels: Contrast of the stimulus, between 0 and 1; one is drawn for each trial.
        centre: Radius of the centre (degrees).
        surround: Radius of the surround (degrees).
        suppression: Strength of the surround.
        ring: The population that sees it.
    """

    sizes: Sequence[float] = (0.7, 5.0)
    contrast_levels: Sequence[float] = (0.055, 0.92)
    centre: float = 1.0
    surround: float = 3.0
    suppression: float = 4.0
    ring: Ring = field(default_factory=lambda: Ring(8))
    fixation_ms: Duration = 200
    stimulus_ms: Duration = Choice((40, 80, 160))
    decision_ms: Duration = 300

    family = "decisions"
    source = "Tadin, Lappin, Gilroy & Blake 2003, Nature, doi:10.1038/nature01800"
    contrasts = ("direction", "size", "contrast")
    periods = ("fixation", "stimulus", "decision")
    essential = ("stimulus",)
    informative = "stimulus"
    evidence = (("motion", "stimulus"),)

    def check(self) -> None:
        if len(self.sizes) == 0 or not all(size > 0 for size in self.sizes):
            raise ValueError(f"sizes are {self.sizes!r}; give at least one, all positive.")
        if len(self.contrast_levels) == 0 or not all(0 < c <= 1 for c in self.contrast_levels):
            raise ValueError(f"contrast_levels are {self.contrast_levels!r}; give at least one, all in (0, 1].")
        if not self.centre > 0 or not self.surround > 0 or not self.suppression >= 0 or self.ring.n < 3:
            raise ValueError(
                f"centre is {self.centre!r}, surround {self.surround!r}, suppression {self.suppression!r}, ring.n "
                f"{self.ring.n!r}; allowed: > 0, > 0, >= 0, at least 3 (fewer do not tell four directions apart)."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "motion": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *DIRECTIONS)

    def factors(self) -> Mapping[str, Factor]:
        """Direction 0 is right, 1 up, 2 left, 3 down."""
        contrast = Levels(self.contrast_levels)
        return {"direction": Levels(range(4)), "size": Levels(self.sizes), "contrast": contrast}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return levels | {"gain": self._gain(levels["size"], levels["contrast"])}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "stimulus")
        canvas.add("motion", self._seen(conditions["direction"], conditions["gain"]), "stimulus")
        canvas.target(1 + conditions["direction"], "decision")

    def hypotheses(self) -> Hypotheses:
        direction, size, contrast = (
            grid.ravel() for grid in np.meshgrid(range(4), self.sizes, self.contrast_levels, indexing="ij")
        )
        patterns = self._seen(direction, self._gain(size, contrast))
        return Hypotheses(patterns, np.full(len(size), 1 / len(size)), 1 + direction)

    def _gain(self, size: np.ndarray, contrast: np.ndarray) -> np.ndarray:
        centre, surround = (1 - np.exp(-((size / radius) ** 2)) for radius in (self.centre, self.surround))
        excitation, inhibition = contrast / (contrast + 0.05), contrast**2 / (contrast**2 + 0.3**2)
        # Rounded: it is a condition, and the last bit of an exponential depends on the library.
        return np.round(excitation * centre / (1 + self.suppression * inhibition * surround), 12)

    def _seen(self, direction: np.ndarray, gain: np.ndarray) -> np.ndarray:
        return gain[:, None] * self.ring.bump(np.pi / 2 * direction)
