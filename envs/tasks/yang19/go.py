"""Yang et al. 2019: pointing to a stimulus or away from it, at once, on command or from memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from ...durations import Choice, Duration, PerBatch, Uniform
from ...factors import Between, Conditions, Factor, Levels
from .ring import OneRule, See

SOO: dict[str, Any] = {
    "dt": 5.0,
    "noise": 0.0,
    "settle_ms": 200.0,
    "balanced": True,
    "response_weight": 1.0,
    "fixation_ms": PerBatch(Uniform(400, 600)),
    "response_ms": 500.0,
}
"""Soo et al. 2023: what all of their tasks share.

Their loss is the mean error before the response plus that in it, each without its first 200 ms; ours is half of it,
being divided by the sum of all weights. A second of rule input alone goes before each of their trials, which ours do
not have, and they test with the mean durations. Their score multiplies the fraction of time off fixation and that near
the right direction, both over all trials; ours counts the bins in which both are so.
"""

YANG: dict[str, Any] = {"dt": 20.0, "noise": 0.01 * sqrt(2)}
"""Yang et al. 2019: the bins and the noise of the released code, https://github.com/gyyang/multitask.

It draws each duration, and the modality, once for all trials of a batch; here every trial has its own.
"""
YANG_DELAYS: dict[str, Any] = {"delay_ms": Choice((200, 400, 800, 1600))}

SECOND = {"stimulus_ms": PerBatch(Uniform(400, 600))}
LONG = {"delay_ms": PerBatch(Uniform(900, 1100))}


@dataclass(frozen=True, kw_only=True)
class PointingTask(OneRule):
    """One stimulus in one of the two modalities, to point to or away from."""

    away: ClassVar[bool] = False
    contrasts = ("modality",)

    @abstractmethod
    def when(self) -> tuple[str, ...]:
        """The periods in which the stimulus is shown."""

    def factors(self) -> Mapping[str, Factor]:
        return {"modality": Levels((1, 2)), "angle": Between(0, 2 * np.pi)}

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """The direction to point to (rad)."""
        angle = drawn["angle"]
        return drawn | {"answer": self._answer(angle), "respond": np.ones(len(angle), bool)}

    def shown(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
        bump, modality = self.bump(conditions["angle"]), conditions["modality"][:, None]
        return {(period, m): bump * (modality == m) for period in self.when() for m in (1, 2)}

    def decide(self, see: See) -> tuple[np.ndarray, np.ndarray]:
        """Find the bump in either ring."""
        angle = self.brightest(see(self.when()[0])[0])
        return self._answer(angle), np.ones(len(angle), bool)

    def _answer(self, angle: np.ndarray) -> np.ndarray:
        return (angle + np.pi) % (2 * np.pi) if self.away else angle


@dataclass(frozen=True, kw_only=True)
class PointingOnCommand(PointingTask):
    """The stimulus is shown before fixation goes off."""

    stays: bool = True
    fixation_ms: Duration = Uniform(200, 400)
    stimulus_ms: Duration = Uniform(300, 900)
    response_ms: Duration = 500

    periods = ("fixation", "stimulus", "response")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "soo2023": SOO | SECOND | {"stays": False},
        "yang2019": YANG | {"fixation_ms": Uniform(300, 700), "stimulus_ms": Uniform(500, 1500)},
    }

    def when(self) -> tuple[str, ...]:
        return ("stimulus", "response") if self.stays else ("stimulus",)


@dataclass(frozen=True, kw_only=True)
class PointingAtOnce(PointingTask):
    """The stimulus is what asks for the response; before it comes nothing but fixation, in one period or two."""

    fixation_ms: Duration = Uniform(400, 1200)
    wait_ms: Duration = 0
    response_ms: Duration = 500

    periods = ("fixation", "wait", "response")
    essential = ("response",)
    informative = "response"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "soo2023": SOO | {"wait_ms": PerBatch(Uniform(400, 600))},
        "yang2019": YANG | {"fixation_ms": Uniform(500, 2500)},
    }

    def when(self) -> tuple[str, ...]:
        return ("response",)

    def lit(self, conditions: Conditions) -> np.ndarray:
        return np.ones(len(conditions["answer"]), bool)


@dataclass(frozen=True, kw_only=True)
class PointingFromMemory(PointingTask):
    """The stimulus is gone when fixation goes off."""

    fixation_ms: Duration = Uniform(200, 400)
    stimulus_ms: Duration = Uniform(200, 600)
    delay_ms: Duration = Choice((200, 400, 800))
    response_ms: Duration = 500

    periods = ("fixation", "stimulus", "delay", "response")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "soo2023": SOO | SECOND | LONG,
        "yang2019": YANG
        | YANG_DELAYS
        | {"fixation_ms": Choice((300, 500, 700)), "stimulus_ms": Choice((200, 400, 600))},
    }

    def when(self) -> tuple[str, ...]:
        return ("stimulus",)


@dataclass(frozen=True, kw_only=True)
class Go(PointingOnCommand):
    """A stimulus appears in one of two modalities; point to it when the fixation light goes off.

    One who goes by the response alone earns 100 %: the stimulus stays on, and nothing has to be remembered.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 300-900, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %

    Attributes:
        stays: Whether the stimulus stays on in the response period (in Soo et al. it goes off).
    """

    rule = "go"


@dataclass(frozen=True, kw_only=True)
class Anti(PointingOnCommand):
    """A stimulus appears in one of two modalities; point away from it when the fixation light goes off.

    One who goes by the response alone earns 100 %: the stimulus stays on, and nothing has to be remembered.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 300-900, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %

    Attributes:
        stays: Whether the stimulus stays on in the response period (in Soo et al. it goes off).
    """

    rule = "anti"
    away = True


@dataclass(frozen=True, kw_only=True)
class RtGo(PointingAtOnce):
    """Point to a stimulus as soon as it appears, in either modality; the fixation light stays on.

    One who goes by the response alone earns 100 %: the stimulus stays on, and nothing has to be remembered.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 400-1200, wait 0, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "rtgo"


@dataclass(frozen=True, kw_only=True)
class RtAnti(PointingAtOnce):
    """Point away from a stimulus as soon as it appears, in either modality; the fixation light stays on.

    One who goes by the response alone earns 100 %: the stimulus stays on, and nothing has to be remembered.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 400-1200, wait 0, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "rtanti"
    away = True


@dataclass(frozen=True, kw_only=True)
class DlyGo(PointingFromMemory):
    """A stimulus is shown in one of two modalities and taken away; after a delay, point to where it was.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 200-600, delay 200/400/800, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "dlygo"


@dataclass(frozen=True, kw_only=True)
class DlyAnti(PointingFromMemory):
    """A stimulus is shown in one of two modalities and taken away; after a delay, point away from where it was.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 200-600, delay 200/400/800, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "dlyanti"
    away = True
