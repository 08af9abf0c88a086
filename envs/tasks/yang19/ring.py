"""What the tasks of Yang et al. 2019 share: two rings to see with, one ring to point with, and a rule to go by."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from ...canvas import Canvas
from ...channels import Channels
from ...durations import in_bins
from ...factors import Conditions
from ...painted_task import PaintedTask
from ...responses import during
from ...ring import Ring
from ...task import Seed
from ...trial import TrialBatch

RULES = (
    *("go", "rtgo", "dlygo", "anti", "rtanti", "dlyanti"),
    *("dm1", "dm2", "ctxdm1", "ctxdm2", "multidm", "dlydm1", "dlydm2", "ctxdlydm1", "ctxdlydm2", "multidlydm"),
    *("dms", "dnms", "dmc", "dnmc"),
)
"""The 20 rules, in the order of the rule inputs."""

PEAK, FLOOR = 0.8, 0.05
"""Peak of a bump of strength 1, and the floor under the targets: fixation is 0.85 or 0.05."""

N_GRID = 72


@dataclass(frozen=True, kw_only=True)
class Yang19Task(PaintedTask):
    """A task on Yang's channels; networks can be moved between all of them.

    The score is the time average, over the response bins with weight, of: fixation output below 0.5 and the
    population vector of the output ring within ``tolerance`` of the right direction; where withholding is right,
    of: fixation output above 0.5. Yang's loss counts the fixation output twice; a mask (T, B) weighs bins, not
    outputs, so that this is not possible here. In their loss and in that of Soo et al. only the first bins of the
    trial and of the response have no weight, so that ``settle_ms`` takes the place of ``grace_ms``.

    Attributes:
        ring: The population that sees each modality; the output ring is as large.
        tolerance: Accepted error of the direction (degrees).
        settle_ms: How long at the start of the trial and of the response no bin has weight (ms).
        balanced: Whether, apart from response_weight, all bins before the response weigh as much as all in it.
    """

    ring: Ring = field(default_factory=lambda: Ring(32, "gaussian", sigma=np.pi / 8))
    tolerance: float = 36.0
    settle_ms: float = 100.0
    balanced: bool = False
    grace_ms: float = 0.0
    noise: float = 0.014  # sqrt(2) sigma_x, Yang's sigma_x = 0.01 being that of a bin of 200 ms

    family = "yang19"
    source = "Yang, Joglekar, Song, Newsome & Wang 2019, Nat Neurosci, doi:10.1038/s41593-018-0310-2"
    kind = "continuous"
    response_period = "response"
    rule: ClassVar[str]

    @property
    def name(self) -> str:
        return f"yang19.{self.rule}"

    @abstractmethod
    def rule_input(self, conditions: Conditions) -> np.ndarray:
        """Activity of the rule inputs, (20,) or (B, 20)."""

    @abstractmethod
    def stimuli(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
        """Activity of the rings, ``{(period, modality): (B, n)}``, where there is any."""

    @abstractmethod
    def lit(self, conditions: Conditions) -> np.ndarray:
        """Whether the fixation input stays on in the response period, (B,)."""

    @abstractmethod
    def withheld(self, batch: TrialBatch) -> np.ndarray:
        """Probability that a guesser withholds the response, (B,)."""

    def check(self) -> None:
        in_bins(self.settle_ms, self.dt, "settle_ms")  # which refuses what is no duration
        apart = self._templates @ self.ring.bump(np.array(0.0))
        if not 0 < self.tolerance < 180 or self.ring.n < 12 or apart[N_GRID // 4] > 0.1 * apart[0]:
            raise ValueError(
                f"tolerance is {self.tolerance!r} degrees and ring {self.ring}; allowed: in (0, 180), and at least 12 "
                "units with bumps so narrow that two of them 90 degrees apart are told apart."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "modality 1": self.ring, "modality 2": self.ring, "rule": RULES}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *(f"{angle:.0f}°" for angle in np.degrees(self.ring.preferred)))

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        *before, response = self.periods
        lit = self.lit(conditions)
        canvas.add("fixation", 1.0, *before)
        if lit.any():
            canvas.add("fixation", lit[:, None], response)
        canvas.add("rule", self.rule_input(conditions), *self.periods)
        for (period, modality), activity in self.stimuli(conditions).items():
            canvas.add(f"modality {modality}", activity, period)
        fixate, answer = self._answers(conditions["answer"], conditions["respond"])
        canvas.target(fixate, *before)
        canvas.target(answer, response)
        start, stop = canvas.span(response)
        settle = in_bins(self.settle_ms, self.dt, "settle_ms")
        if self.balanced:
            canvas.weigh((stop - start - settle) / np.maximum(start - settle, 1), *before)
        canvas.mask[:settle] = 0
        canvas.mask[during(len(canvas.mask), (start, start + settle))] = 0

    def bump(self, angle: np.ndarray) -> np.ndarray:
        """Activity (B, n) of a ring for stimuli of these angles (rad), (B,), and of strength 1."""
        return (PEAK * self.ring.bump(angle)).astype(np.float32)

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Fraction of the response bins with weight in which the output is right, (B,)."""
        outputs = self.checked(outputs, batch)
        preferred, target = self.ring.preferred, batch.conditions["answer"]
        x, y = (outputs[..., 1:] @ f(preferred).astype(outputs.dtype) for f in (np.cos, np.sin))
        near = x * np.cos(target) + y * np.sin(target) >= np.hypot(x, y) * np.cos(np.radians(self.tolerance))
        # An output ring that is flat points nowhere.
        points = (outputs[..., 0] < 0.5) & near & (np.hypot(x, y) > 1e-6)
        right = np.where(batch.conditions["respond"], points, outputs[..., 0] > 0.5)
        inside = batch.during("response") & (batch.mask > 0)
        return (right & inside).sum(axis=0) / inside.sum(axis=0)

    def fixation_held(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Fraction of the bins with weight before the response in which the fixation output is above 0.5, (B,).

        Soo et al. combine w * fixation_held + (1 - w) * score, w the fraction of the trial before the response.
        """
        outputs = self.checked(outputs, batch)
        start, _ = batch.periods["response"]
        inside = during(len(outputs), (np.zeros_like(start), start)) & (batch.mask > 0)
        return ((outputs[..., 0] > 0.5) & inside).sum(axis=0) / np.maximum(inside.sum(axis=0), 1)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Fixate until the response, then point anywhere; where withholding can be right, withhold as often."""
        rng = np.random.default_rng(seed)
        angle = rng.uniform(0, 2 * np.pi, batch.batch_size)
        return self.pointing(batch, angle, rng.random(batch.batch_size) >= self.withheld(batch))

    def pointing(self, batch: TrialBatch, angle: np.ndarray, respond: np.ndarray) -> np.ndarray:
        """Outputs (T, B, n_out) of one who fixates, then points to an angle (B,) or does not respond (B,)."""
        fixate, answer = self._answers(angle, respond)
        outputs = np.empty((*batch.mask.shape, self.n_outputs), np.float32)
        outputs[:] = fixate
        np.copyto(outputs, answer, where=batch.during("response")[..., None])
        return outputs

    def near(self, angle: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Whether an angle (rad) lies within the tolerance of the target, (B,)."""
        return np.cos(angle - target) >= np.cos(np.radians(self.tolerance))

    def peak(self, activity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Angle of the likeliest bump in noisy activity (B, n), and its strength, (B,) each.

        A matched filter, its maximum interpolated by a parabola.
        """
        match = activity @ self._templates.T
        best = match.argmax(axis=1)
        rows = np.arange(len(match))
        left, top, right = (match[rows, (best + step) % N_GRID] for step in (-1, 0, 1))
        bend = left - 2 * top + right
        shift = np.divide(left - right, 2 * bend, out=np.zeros_like(top), where=bend < 0)
        height = top - shift * (left - right) / 4
        return (best + shift) * 2 * np.pi / N_GRID, height

    def brightest(self, rings: np.ndarray) -> np.ndarray:
        """Angle (B,) of the one bump in either ring, (B, 2, n)."""
        (first, height_1), (second, height_2) = (self.peak(rings[:, m]) for m in (0, 1))
        return np.where(height_1 >= height_2, first, second)

    def _answers(self, angle: np.ndarray, respond: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fixate = np.full(self.n_outputs, FLOOR)
        fixate[0] += PEAK
        points = np.concatenate([np.full((len(angle), 1), FLOOR), FLOOR + self.bump(angle)], axis=1)
        return fixate, np.where(np.asarray(respond)[:, None], points, fixate)

    @cached_property
    def _templates(self) -> np.ndarray:
        # Strength 1 gives a match of 1.
        templates = self.ring.bump(2 * np.pi * np.arange(N_GRID) / N_GRID)
        return (templates / (PEAK * (templates**2).sum(axis=1, keepdims=True))).astype(np.float32)
