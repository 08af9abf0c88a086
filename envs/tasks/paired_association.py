"""Associations over a delay: what the second stimulus asks for depends on the first."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..observers.remembered_stimuli import PairTask
from .matching import SampleAndTest, check_count, match_weights, with_test


@dataclass(frozen=True, kw_only=True)
class DelayPairedAssociation(SampleAndTest):
    """Smell an odour, keep it in mind over a delay; respond if the test odour is its partner, else withhold.

    Samples and tests are different odours, so that which ones are partners has to be learned.

    :channels: fixation; stimulus (sample 1, sample 2, test 1, test 2)
    :responses: withhold, go
    :timing: fixation 200, sample 300, delay 400-800, test 300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        n_pairs: Number of samples, each with a test as its partner.
    """

    n_pairs: int = 2

    source = "Zhang et al. 2019, eLife, doi:10.7554/eLife.43191"
    classes = (1, 0)

    def check(self) -> None:
        check_count("n_pairs", self.n_pairs)

    def channels(self) -> Channels:
        odours = tuple(f"{kind} {i + 1}" for kind in ("sample", "test") for i in range(self.n_pairs))
        return {"fixation": 1, "stimulus": odours}

    def responses(self) -> tuple[str, ...]:
        return ("withhold", "go")

    @property
    def answers(self) -> np.ndarray:
        return np.array([0.5, 0.5])

    def factors(self) -> Mapping[str, Factor]:
        """The sample, and whether the test is its partner, the one of the same number."""
        return {"sample": Levels(range(self.n_pairs)), "match": Levels((True, False))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return with_test(levels, self.n_pairs, rng)

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        odours = np.eye(2 * self.n_pairs)
        tests = odours[self.n_pairs + conditions["test"]]
        self.paint_pair(canvas, odours[conditions["sample"]], tests, conditions["match"])

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        weights = np.zeros((2 * self.n_pairs, 2 * self.n_pairs))
        weights[: self.n_pairs, self.n_pairs :] = match_weights(self.n_pairs)
        return np.eye(2 * self.n_pairs), weights


@dataclass(frozen=True, kw_only=True)
class AXCPT(PairTask):
    """See a cue, A or B, and after a delay a probe, X or Y: only an X that follows an A is a target.

    AX is frequent, so that "target" becomes a habit on A and on X alike: AY trials punish the expectation that A
    raises, and BX trials those who do not keep the cue in mind. One who always gives the same answer earns 70 %, one
    who goes by the cue alone 90 %, by the probe alone 90 %.

    :channels: fixation; letter (A, B, X, Y)
    :responses: fixate, target, non-target
    :timing: fixation 200, cue 300, delay 400-800, probe 300, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        p_ax: Proportion of trials with A, then X.
        p_ay: Proportion of trials with A, then Y.
        p_bx: Proportion of trials with B, then X; the rest has B, then Y.
    """

    p_ax: float = 0.7
    p_ay: float = 0.1
    p_bx: float = 0.1
    fixation_ms: Duration = 200
    cue_ms: Duration = 300
    delay_ms: Duration = Uniform(400, 800)
    probe_ms: Duration = 300
    decision_ms: Duration = 300

    family = "working memory"
    source = "Servan-Schreiber, Cohen & Steingard 1996, Arch Gen Psychiatry, doi:10.1001/archpsyc.1996.01830120037008"
    contrasts = ("cue", "probe")
    periods = ("fixation", "cue", "delay", "probe", "decision")
    essential = ("cue", "probe")
    informative = "cue"
    stimuli = ("letter", "cue", "probe")
    classes = (1, 2)

    def check(self) -> None:
        p = (self.p_ax, self.p_ay, self.p_bx)
        if not 0 < self.p_ax < 1 or min(p) < 0 or sum(p) > 1 + 1e-9:
            raise ValueError(f"p_ax, p_ay and p_bx are {p}; allowed: not negative, together at most 1, p_ax in (0, 1).")

    def channels(self) -> Channels:
        return {"fixation": 1, "letter": ("A", "B", "X", "Y")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "target", "non-target")

    @property
    def answers(self) -> np.ndarray:
        return np.array([0.0, self.p_ax, 1 - self.p_ax])

    def factors(self) -> Mapping[str, Factor]:
        """The kind of trial: 0 AX, 1 AY, 2 BX, 3 BY."""
        return {"kind": Levels(range(4), self._proportions)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The cue, 0 A or 1 B, and the probe, 0 X or 1 Y."""
        return levels | {"cue": levels["kind"] // 2, "probe": levels["kind"] % 2}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "cue", "delay", "probe")
        canvas.add("letter", np.eye(4)[conditions["cue"]], "cue")
        canvas.add("letter", np.eye(4)[2 + conditions["probe"]], "probe")
        canvas.target(np.where(conditions["kind"] == 0, 1, 2), "decision")

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        weights = np.zeros((4, 4))
        weights[:2, 2:] = np.reshape(np.array(self._proportions) * [1, -1, -1, -1], (2, 2))
        return np.eye(4), weights

    @property
    def _proportions(self) -> tuple[float, ...]:
        return (self.p_ax, self.p_ay, self.p_bx, max(1 - self.p_ax - self.p_ay - self.p_bx, 0.0))
