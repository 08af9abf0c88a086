"""When stimuli are shown: the six kinds of trials of Yang et al. 2019, and the settings of two papers."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ...durations import Choice, PerBatch, Uniform
from .one_rule import Timing

YANG: dict[str, Any] = {"dt": 20.0, "noise": 0.01 * sqrt(2)}
"""Yang et al. 2019: the bins and the noise of the released code, https://github.com/gyyang/multitask.

It draws each duration, and the modality, once for all trials of a batch; here every trial has its own.
"""

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

SHORT, LONG = Choice((200, 400, 600)), Choice((200, 400, 800, 1600))
HALF_A_SECOND, A_SECOND = PerBatch(Uniform(400, 600)), PerBatch(Uniform(900, 1100))

ON_COMMAND = Timing(
    {"fixation": Uniform(200, 400), "stimulus": Uniform(300, 900), "response": 500},
    stimulus_periods=("stimulus",),
    yang2019={"fixation_ms": Uniform(300, 700), "stimulus_ms": Uniform(500, 1500)},
    soo2023={"stimulus_ms": HALF_A_SECOND},
)
"""The stimulus is shown before fixation goes off."""

AT_ONCE = Timing(
    {"fixation": Uniform(400, 1200), "wait": 0, "response": 500},
    stimulus_periods=("response",),
    yang2019={"fixation_ms": Uniform(500, 2500)},
    soo2023={"wait_ms": HALF_A_SECOND},
)
"""The stimulus is what asks for the response; before it comes nothing but fixation, in one period or two."""

FROM_MEMORY = Timing(
    {"fixation": Uniform(200, 400), "stimulus": Uniform(200, 600), "delay": Choice((200, 400, 800)), "response": 500},
    stimulus_periods=("stimulus",),
    yang2019={"fixation_ms": Choice((300, 500, 700)), "stimulus_ms": SHORT, "delay_ms": LONG},
    soo2023={"stimulus_ms": HALF_A_SECOND, "delay_ms": A_SECOND},
)
"""The stimulus is gone when fixation goes off."""

TOGETHER = Timing(
    {"fixation": Uniform(200, 400), "stimulus": Choice((200, 400, 800)), "response": 500},
    stimulus_periods=("stimulus", "stimulus"),
    yang2019={"fixation_ms": Uniform(100, 400), "stimulus_ms": Choice((400, 800, 1600))}
    | {"coherences": (0.01, 0.02, 0.04, 0.08)},
    soo2023={"stimulus_ms": HALF_A_SECOND},
)
"""Both stimuli are shown at once, until fixation goes off.

Without a preset the differences are so large that one bin of 20 ms gives the answer; those of Yang et al., in the
preset yang2019, must be integrated over time.
"""

IN_TURN = Timing(
    {"fixation": Uniform(200, 400), "stimulus": 300, "delay": Choice((200, 400, 800)), "test": 300}
    | {"wait": Uniform(100, 300), "response": 500},
    stimulus_periods=("stimulus", "test"),
    yang2019={"fixation_ms": SHORT, "stimulus_ms": SHORT, "delay_ms": LONG, "test_ms": SHORT},
    soo2023={"stimulus_ms": HALF_A_SECOND, "delay_ms": A_SECOND, "test_ms": HALF_A_SECOND, "wait_ms": 0.0},
)
"""The second stimulus, "test", comes after a delay: memory is what counts: a single bin of each shows it."""

MATCH = Timing(
    {"fixation": Uniform(200, 400), "stimulus": Uniform(200, 600), "delay": Choice((200, 400, 800)), "test": 0}
    | {"response": 500},
    stimulus_periods=("stimulus", "response"),
    yang2019={"fixation_ms": SHORT, "stimulus_ms": SHORT, "delay_ms": LONG},
    soo2023={"stimulus_ms": HALF_A_SECOND, "delay_ms": A_SECOND, "test_ms": HALF_A_SECOND},
)
"""A stimulus, a delay, a test. The test asks for the response, unless it is shown in a period of its own."""
