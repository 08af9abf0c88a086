"""Value decisions: wagers on one's own judgement, and goods of different worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erf, sqrt

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, TruncatedExponential, pmf
from ..factors import Conditions, Factor, Levels
from ..observers.ideal_observer import N_DRAWS, Hypotheses, HypothesesTask, averages, drawn_precision
from ..trial import TrialBatch
from .perceptual_decisions import SIDES, check_coherences, evidence

SURE = 3
"""The class of the sure bet."""


@dataclass(frozen=True, kw_only=True)
class PostDecisionWager(HypothesesTask):
    """Which stream is stronger? On half of the trials one may take a small sure reward instead of answering.

    The score is the reward: 1 for the right side, 0 for the wrong one, ``sure_reward`` for the sure bet where it is
    offered (the cue shows), else 0. The ideal observer bets unless it believes in a side more than that. The target
    of supervised learning is what a teacher would do who knows the coherence and the duration but not the noise: the
    sure bet where the evidence lets a perfect integrator be right less often than ``sure_reward``, else the side.
    One who sees all evidence and never bets earns 80 %. One who always gives the same answer earns 50 %, one who goes
    by the decision alone 60 %, betting whenever the sure bet is offered.

    :channels: fixation; evidence (left, right); sure
    :responses: fixate, left, right, sure
    :timing: fixation 200, stimulus 100-900 (exponential), delay 300, offer 300, decision 300 ms
    :scoring: the class chosen in decision; chance 45 %, ceiling 81.8 %

    Attributes:
        coherences: Difference of the mean strengths; one is drawn for each trial.
        sure_reward: Reward of the sure bet, that of a right answer being 1.
        p_sure: Fraction of trials in which the sure bet is offered.
    """

    coherences: Sequence[float] = (0, 0.032, 0.064, 0.128, 0.256, 0.512)
    sure_reward: float = 0.7
    p_sure: float = 0.5
    fixation_ms: Duration = 200
    stimulus_ms: Duration = TruncatedExponential(200, 100, 900)
    delay_ms: Duration = 300
    offer_ms: Duration = 300
    decision_ms: Duration = 300

    family = "decisions"
    source = "Kiani & Shadlen 2009, Science, doi:10.1126/science.1169405"
    contrasts = ("side", "coherence", "sure")
    periods = ("fixation", "stimulus", "delay", "offer", "decision")
    essential = ("stimulus",)
    informative = "stimulus"
    evidence = (("evidence", "stimulus"), ("sure", "offer"), ("sure", "decision"))

    def check(self) -> None:
        check_coherences(self.coherences)
        if not 0 < self.sure_reward < 1 or not 0 <= self.p_sure <= 1:
            raise ValueError(
                f"sure_reward is {self.sure_reward!r} and p_sure {self.p_sure!r}; allowed: in (0, 1), in [0, 1]."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "evidence": ("left", "right"), "sure": 1}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right", "sure")

    def factors(self) -> Mapping[str, Factor]:
        """Where the evidence is, how strong it is, and whether the sure bet is offered."""
        sure = Levels((True, False), (self.p_sure, 1 - self.p_sure))
        return {"side": SIDES, "coherence": Levels(self.coherences), "sure": sure}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """The duration counts for the target, so that it is known only here."""
        start, stop = canvas.span("stimulus")
        canvas.add("fixation", 1.0, "fixation", "stimulus", "delay", "offer")
        canvas.add("evidence", evidence(conditions["coherence"], conditions["side"]), "stimulus")
        canvas.add("sure", conditions["sure"][:, None], "offer", "decision")
        bet = conditions["sure"] & self._too_weak(conditions["coherence"], stop - start)
        canvas.target(np.where(bet, SURE, conditions["side"]), "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on the side and on whether the sure bet is offered; bet where that promises more."""
        posterior = self._hypotheses.posterior(*averages(self, batch, self.evidence))
        return self.respond(batch, self._wager(posterior))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """The reward, (B,)."""
        (choice,) = self.choices(outputs, batch)
        return self._reward(choice, batch.conditions["side"], batch.conditions["sure"])

    @property
    def answers(self) -> np.ndarray:
        """How often each class is the target: an exact sum over coherences and durations."""
        bins, p = pmf(self.stimulus_ms, self.dt, "stimulus_ms")
        weak = [self._too_weak(np.full(len(bins), c), bins) @ p for c in self.coherences]
        bet = self.p_sure * float(np.mean(weak))
        return np.array([0, (1 - bet) / 2, (1 - bet) / 2, bet])

    @property
    def chance(self) -> float:
        """Expected reward of one who picks a side, or one of the sides and the sure bet where it is ever right."""
        return (1 + self.p_sure * self.sure_reward) / 3 if self.answers[SURE] > 0 else 0.5

    @cached_property
    def ceiling(self) -> float:
        """Expected reward of the ideal observer, in 100,000 simulated trials of a fixed seed."""
        rng = np.random.default_rng(0)
        precision = drawn_precision(self, self.evidence, rng, N_DRAWS)
        truth, seen = self._hypotheses.simulate(rng, N_DRAWS, precision)
        choice = self._wager(self._hypotheses.posterior(seen, precision))
        return float(np.mean(self._reward(choice, self._hypotheses.answers[truth], self._sure[truth])))

    @property
    def _grid(self) -> list[np.ndarray]:
        """Side, coherence and whether the sure bet is offered, of all kinds of trials."""
        return [grid.ravel() for grid in np.meshgrid((1, 2), self.coherences, (False, True), indexing="ij")]

    @property
    def _sure(self) -> np.ndarray:
        return self._grid[2]

    def hypotheses(self) -> Hypotheses:
        side, coherence, sure = self._grid
        means = np.column_stack([evidence(coherence, side), sure, sure])
        return Hypotheses(means, np.where(sure, self.p_sure, 1 - self.p_sure) / (2 * len(self.coherences)), side)

    def _wager(self, posterior: np.ndarray) -> np.ndarray:
        """What promises most, given the probabilities of all kinds of trials (B, K)."""
        belief = posterior @ np.eye(3)[self._hypotheses.answers]
        return np.where(self.sure_reward * (posterior @ self._sure) > belief.max(axis=1), SURE, belief.argmax(axis=1))

    def _reward(self, choice: np.ndarray, side: np.ndarray, sure: np.ndarray) -> np.ndarray:
        return np.where((choice == SURE) & sure, self.sure_reward, (choice == side).astype(float))

    def _too_weak(self, coherence: np.ndarray, bins: np.ndarray) -> np.ndarray:
        """Whether a perfect integrator is right less often than the sure bet pays, (B,): Phi(c sqrt(n/2) / s) < r."""
        d = np.array(coherence) * np.sqrt(bins / 2) / max(self.noise_std, 1e-9)
        return d < _quantile(self.sure_reward)


def _quantile(p: float) -> float:
    """The number below which a standard normal variable lies with probability p, by bisection."""
    low, high = -40.0, 40.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * (1 + erf(middle / sqrt(2))) < p else (low, middle)
    return low


@dataclass(frozen=True, kw_only=True)
class EconomicDecisionMaking(HypothesesTask):
    """Two juices are offered left and right, each in some amount: choose the offer that is worth more.

    A unit of juice A is worth ``relative_value`` units of juice B. Each side shows which juice it offers, and how much.

    :channels: fixation; left (A, B, amount); right (A, B, amount)
    :responses: fixate, left, right
    :timing: fixation 200, offer 800, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 99.9 %

    Attributes:
        relative_value: Worth of A in units of B; no offer may be worth as much as the other.
        amounts_a: Amount of A in each pair of offers; one pair is drawn for each trial.
        amounts_b: Amount of B in the same pairs.
        gain: Input for one unit of juice.
    """

    relative_value: float = 2.2
    amounts_a: Sequence[float] = (1, 3, 2, 1, 1, 1, 1, 1, 0)
    amounts_b: Sequence[float] = (0, 1, 1, 1, 2, 3, 4, 6, 2)
    gain: float = 0.2
    fixation_ms: Duration = 200
    offer_ms: Duration = 800
    decision_ms: Duration = 300

    family = "decisions"
    source = "Padoa-Schioppa & Assad 2006, Nature, doi:10.1038/nature04676"
    contrasts = ("a_side", "a_chosen")
    periods = ("fixation", "offer", "decision")
    essential = ("offer",)
    informative = "offer"
    evidence = (("left", "offer"), ("right", "offer"))

    def check(self) -> None:
        a, b = self.amounts_a, self.amounts_b
        if not self.relative_value > 0 or not self.gain > 0:
            raise ValueError(f"relative_value is {self.relative_value!r}, gain {self.gain!r}; both must be positive.")
        if len(a) != len(b) or len(a) == 0 or min(*a, *b) < 0:
            raise ValueError(f"amounts_a are {a!r}, amounts_b {b!r}; give as many of both, none negative.")
        if np.isclose(self.relative_value * np.array(a), b).any():
            raise ValueError(
                f"relative_value is {self.relative_value:g}: some offers of amounts_a and amounts_b are worth the "
                "same, and neither would be right."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "left": ("A", "B", "amount"), "right": ("A", "B", "amount")}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """Which pair of offers, and the side on which A is."""
        return {"offer": Levels(range(len(self.amounts_a))), "a_side": SIDES}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        a, b = (np.array(amounts)[levels["offer"]] for amounts in (self.amounts_a, self.amounts_b))
        return levels | {"amount_a": a, "amount_b": b, "a_chosen": self.relative_value * a > b}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "fixation", "offer")
        shown = self._shown(conditions["offer"], conditions["a_side"])
        canvas.add("left", shown[:, :3], "offer")
        canvas.add("right", shown[:, 3:], "offer")
        canvas.target(self._better(conditions["offer"], conditions["a_side"]), "decision")

    def hypotheses(self) -> Hypotheses:
        offer, a_side = (grid.ravel() for grid in np.meshgrid(range(len(self.amounts_a)), (1, 2)))
        prior = np.full(len(offer), 1 / len(offer))
        return Hypotheses(self._shown(offer, a_side), prior, self._better(offer, a_side))

    def _shown(self, offer: np.ndarray, a_side: np.ndarray) -> np.ndarray:
        """Mean inputs of both sides, (B, 6)."""
        a, b = (np.array(amounts)[offer] * self.gain for amounts in (self.amounts_a, self.amounts_b))
        offer_a = np.stack([np.ones_like(a), np.zeros_like(a), a], axis=1)
        offer_b = np.stack([np.zeros_like(b), np.ones_like(b), b], axis=1)
        left = (a_side == 1)[:, None]
        return np.concatenate([np.where(left, offer_a, offer_b), np.where(left, offer_b, offer_a)], axis=1)

    def _better(self, offer: np.ndarray, a_side: np.ndarray) -> np.ndarray:
        a, b = (np.array(amounts)[offer] for amounts in (self.amounts_a, self.amounts_b))
        return np.where(self.relative_value * a > b, a_side, 3 - a_side)
