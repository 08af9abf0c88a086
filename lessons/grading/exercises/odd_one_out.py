"""The task of assignment 1, what it shows, and what it shows where something is mistaken.

Four lamps flash. Three are equally bright, one is brighter or dimmer. After a delay: which one?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ....envs.canvas import Canvas
from ....envs.factors import Conditions, Levels
from ....envs.painted_task import PaintedTask
from ....envs.trial import TrialBatch

LAMPS = ("a", "b", "c", "d")
RESPONSES = ("fixate", *LAMPS)


@dataclass(frozen=True, kw_only=True)
class OddOneOut(PaintedTask):
    """Which of four lamps is brighter or dimmer than the others? Answer after a delay."""

    contrast: float = 0.5
    fixation_ms: float = 200
    lamps_ms: float = 400
    delay_ms: float = 400
    decision_ms: float = 300

    family = "my tasks"
    source = "https://example.org/odd-one-out"
    periods = ("fixation", "lamps", "delay", "decision")
    informative = "lamps"
    contrasts = ("odd", "sign")

    def channels(self) -> dict[str, int | tuple[str, ...]]:
        """A fixation light and four lamps."""
        return {"fixation": 1, "lamp": LAMPS}

    def responses(self) -> tuple[str, ...]:
        """Fixate, or name a lamp."""
        return RESPONSES

    def factors(self) -> dict[str, Levels]:
        """Which lamp is odd, and whether it is brighter (1) or dimmer (-1)."""
        return {"odd": Levels((1, 2, 3, 4)), "sign": Levels((-1, 1))}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Light the lamps, and ask for the odd one."""
        canvas.add("fixation", 1.0, "fixation", "lamps", "delay")
        canvas.add("lamp", lights(self.contrast, conditions["odd"], conditions["sign"]), "lamps")
        canvas.target(conditions["odd"], "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """The lamp that is furthest from the middle one."""
        light = self.mean_input(batch, "lamp", "lamps")
        return self.respond(batch, 1 + np.abs(light - np.median(light, axis=1, keepdims=True)).argmax(axis=1))


def lights(contrast: float, odd: np.ndarray, sign: np.ndarray, shift: int = 1, ground: float = 1.0) -> np.ndarray:
    """Brightness of each lamp, (B, 4)."""
    return ground + contrast * np.asarray(sign)[:, None] * np.eye(4)[(np.asarray(odd) - shift) % 4]


def expected_inputs(
    batch: TrialBatch,
    contrast: float,
    lit: tuple[str, ...] = ("lamps",),
    fixation: tuple[str, ...] = ("fixation", "lamps", "delay"),
    **switches: Any,
) -> np.ndarray:
    """The inputs (T, B, 5) of trials, without noise; switches make slips."""
    lamp = lights(contrast, **batch.conditions, **switches)
    lights_on = np.any([batch.during(period) for period in lit], axis=0)[..., None] * lamp
    fixating = np.any([batch.during(period) for period in fixation], axis=0) if fixation else np.zeros(batch.mask.shape)
    return np.concatenate([fixating[..., None], lights_on], axis=2)


INPUT_SLIPS: tuple[tuple[str, str, Callable[[TrialBatch, float], np.ndarray]], ...] = (
    (
        "the fixation light stays on in the decision.",
        "It goes off when an answer is due: name the periods before.",
        partial(expected_inputs, fixation=("fixation", "lamps", "delay", "decision")),
    ),
    (
        "the fixation light goes off with the lamps.",
        "It stays on in the delay.",
        partial(expected_inputs, fixation=("fixation", "lamps")),
    ),
    (
        "the fixation light is on in the first period only.",
        "It stays on until the decision.",
        partial(expected_inputs, fixation=("fixation",)),
    ),
    ("the fixation light is missing.", 'canvas.add("fixation", 1.0, ...)', partial(expected_inputs, fixation=())),
    (
        "the lamps stay on in the delay.",
        "Then there is nothing to remember: they are on in lamps alone.",
        partial(expected_inputs, lit=("lamps", "delay")),
    ),
    (
        "the lamps are on in the decision too.",
        "They are on in lamps alone.",
        partial(expected_inputs, lit=("lamps", "decision")),
    ),
    (
        "the lamps are dark except for the odd one.",
        "The others have brightness 1.",
        partial(expected_inputs, ground=0.0),
    ),
    (
        "the odd lamp is not the one in the conditions.",
        "odd counts from 1, columns from 0: np.eye(4)[odd - 1].",
        partial(expected_inputs, shift=0),
    ),
    (
        "the contrast is not the argument.",
        "Use self.contrast: it may be another number than 0.5.",
        lambda batch, contrast: expected_inputs(batch, OddOneOut().contrast),
    ),
)
