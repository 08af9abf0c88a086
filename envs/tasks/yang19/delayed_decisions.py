"""Yang et al. 2019: which of two stimuli shown one after the other is stronger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...durations import Choice, Duration, PerBatch, Uniform
from ...factors import Conditions, Factor
from .decisions import SOO_IMBALANCE, SOO_STRENGTHS, StrengthTask, imbalance_factors, imbalanced
from .go import LONG, YANG, YANG_DELAYS

SOO_DELAYED: dict[str, Any] = SOO_STRENGTHS | LONG | {"test_ms": PerBatch(Uniform(400, 600)), "wait_ms": 0.0}


@dataclass(frozen=True, kw_only=True)
class OneAfterTheOther(StrengthTask):
    """The second stimulus, "test", comes after a delay: what is asked for is memory, a single bin of each shows it."""

    fixation_ms: Duration = Uniform(200, 400)
    stimulus_ms: Duration = 300
    delay_ms: Duration = Choice((200, 400, 800))
    test_ms: Duration = 300
    wait_ms: Duration = Uniform(100, 300)
    response_ms: Duration = 500

    periods = ("fixation", "stimulus", "delay", "test", "wait", "response")
    essential = ("stimulus", "test", "response")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "yang2019": YANG
        | YANG_DELAYS
        | dict.fromkeys(("fixation_ms", "stimulus_ms", "test_ms"), Choice((200, 400, 600)))
    }

    def when(self) -> tuple[str, str]:
        return "stimulus", "test"


@dataclass(frozen=True, kw_only=True)
class DlyDm1(OneAfterTheOther):
    """Two stimuli appear in modality 1, one after the other; point to where the stronger one was.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 300, delay 200/400/800, test 300, wait 100-300, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "dlydm1"
    attended = (1,)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {**OneAfterTheOther.presets, "soo2023": SOO_DELAYED}


@dataclass(frozen=True, kw_only=True)
class DlyDm2(OneAfterTheOther):
    """Two stimuli appear in modality 2, one after the other; point to where the stronger one was.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 300, delay 200/400/800, test 300, wait 100-300, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "dlydm2"
    attended = (2,)


@dataclass(frozen=True, kw_only=True)
class CtxDlyDm1(OneAfterTheOther):
    """Two stimuli appear in both modalities, one after the other; point to the one stronger in modality 1.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 300, delay 200/400/800, test 300, wait 100-300, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "ctxdlydm1"
    attended = (1,)
    distracted = True
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {**OneAfterTheOther.presets, "soo2023": SOO_DELAYED}


@dataclass(frozen=True, kw_only=True)
class CtxDlyDm2(OneAfterTheOther):
    """Two stimuli appear in both modalities, one after the other; point to the one stronger in modality 2.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 300, delay 200/400/800, test 300, wait 100-300, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %
    """

    rule = "ctxdlydm2"
    attended = (2,)
    distracted = True


@dataclass(frozen=True, kw_only=True)
class MultiDlyDm(OneAfterTheOther):
    """Two stimuli appear in both modalities, one after the other; point to the one whose strengths add up to more.

    Each is stronger in one modality, drawn for each stimulus, so that no modality alone shows the answer. Soo et
    al. call it multsendlydm; their released code draws one imbalance for both stimuli.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation 200-400, stimulus 300, delay 200/400/800, test 300, wait 100-300, response 500 ms
    :scoring: the outputs in response; chance 20 %, ceiling 100 %

    Attributes:
        imbalance: A stimulus has 1 + imbalance times its strength in one modality and 1 - imbalance in the other;
            the smallest and the largest that occur.
    """

    imbalance: Sequence[float] = (0.1, 0.4)

    rule = "multidlydm"
    attended = (1, 2)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        **OneAfterTheOther.presets,
        "soo2023": SOO_DELAYED | SOO_IMBALANCE,
    }

    def factors(self) -> Mapping[str, Factor]:
        return {**super().factors(), **imbalance_factors(self.imbalance)}

    def strengths(self, conditions: Conditions) -> dict[int, np.ndarray]:
        return imbalanced(conditions)
