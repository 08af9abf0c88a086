"""Learning from reward: what comes next depends on what was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, PerBatch, is_random
from ..factors import Between, Conditions, Factor
from ..numbers import whole_number
from ..painted_task import PaintedTask
from ..responses import Span
from ..task import Task
from ..trial import TrialBatch
from .exploration import BanditPlan, n_histories, plan_bandit
from .perceptual_decisions import SIDES


def check_session(task: PaintedTask) -> None:
    """Refuse durations that differ between the trials of a batch, since the segments of a session follow in time."""
    for name, duration in task.durations().items():
        if is_random(duration) and not isinstance(duration, PerBatch):
            raise ValueError(f"{name}_ms is {duration!r}; a session needs a number (ms), or PerBatch({duration!r}).")


def shown(task: Task, batch: TrialBatch, group: str, span: Span) -> np.ndarray:
    """Mean of a group of channels over a period of a session, (B, k); it is at the same time in all trials."""
    return batch.inputs[span[0][0] : span[1][0], :, task.input_groups[group]].mean(axis=0)


def choose(outputs: np.ndarray, choice: np.ndarray, span: Span) -> None:
    """Write a choice (B,) as one-hot outputs (T, B, n_out) into a period of a session, as ``respond`` does, faster."""
    outputs[span[0][0] : span[1][0]] = np.eye(outputs.shape[-1], dtype=outputs.dtype)[choice]


def updated(p_left: np.ndarray, speaks_for_left: np.ndarray, p_reward: float, p_reversal: float) -> np.ndarray:
    """Belief that left is better, by Bayes' rule after a sign that is true with p_reward, and a possible swap."""
    q = np.where(speaks_for_left, p_reward, 1 - p_reward)
    evidence = p_left * q + (1 - p_left) * (1 - q)
    # Where certain rewards contradict a certain belief nothing is left of either.
    posterior = np.divide(p_left * q, evidence, out=np.full_like(p_left, 0.5), where=evidence > 0)
    return posterior * (1 - p_reversal) + (1 - posterior) * p_reversal


def expected_score(p_reward: float, p_reversal: float, n_choices: int) -> float:
    """Expected score of Bayes' rule, by recursion over its belief on a grid of 2,001 values.

    What a choice teaches does not depend on the arm chosen, so the belief is a Markov chain of its own:
    S_k(p) = max(p, 1 - p) + E[S_(k-1)(p')], and the score is S_n(1/2) / n.
    """
    p = np.linspace(0, 1, 2001)
    for_left = p * p_reward + (1 - p) * (1 - p_reward)
    left, right = (updated(p, np.full(p.shape, sign), p_reward, p_reversal) for sign in (True, False))
    total = np.zeros_like(p)
    for _ in range(n_choices):
        future = for_left * np.interp(left, p, total) + (1 - for_left) * np.interp(right, p, total)
        total = np.maximum(p, 1 - p) + future
    return float(np.interp(0.5, p, total) / n_choices)


@dataclass(frozen=True, kw_only=True)
class ReversalBandit(PaintedTask):
    """Two arms, one better; now and then they swap. Find the better arm from rewards alone, again and again.

    A session is a row of ``n_choices`` segments. Each shows what was chosen last and whether it was rewarded,
    then asks for the next choice. The better arm pays with probability ``p_reward``, the other with
    ``1 - p_reward``; before each choice after the first they swap with probability ``p_reversal``.
    The target is the better arm.

    :channels: fixation; chosen (left, right); reward
    :responses: fixate, left, right
    :timing: feedback 100, wait 60, choice 140 ms, 20 segments
    :scoring: the class chosen in choice; chance 50 %, ceiling 80.4 %

    Attributes:
        n_choices: Number of choices in a session.
        p_reward: Probability that the better arm pays.
        p_reversal: Probability that the arms swap between two choices.
    """

    n_choices: int = 20
    p_reward: float = 0.9
    p_reversal: float = 0.1
    feedback_ms: Duration = 100
    wait_ms: Duration = 60
    choice_ms: Duration = 140
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "learning and reward"
    source = "Izquierdo et al. 2017, Neuroscience, doi:10.1016/j.neuroscience.2016.03.021"
    contrasts = ("better",)
    periods = ("feedback", "wait", "choice")
    essential = ("feedback",)
    response_period = "choice"

    def check(self) -> None:
        check_session(self)
        if self.n_choices < 1 or not 0.5 <= self.p_reward <= 1 or not 0 <= self.p_reversal <= 0.5:
            raise ValueError(
                f"n_choices is {self.n_choices!r}, p_reward {self.p_reward!r}, p_reversal {self.p_reversal!r}; "
                "allowed: at least 1, in [0.5, 1], in [0, 0.5]."
            )

    @property
    def n_segments(self) -> int:
        return self.n_choices

    def channels(self) -> Channels:
        return {"fixation": 1, "chosen": ("left", "right"), "reward": 1}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The better arm: 1 left, 2 right."""
        return {"better": SIDES}

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """Nothing has been chosen (0) nor earned yet."""
        n = len(drawn["better"])
        return drawn | {"chosen": np.zeros(n, np.int64), "outcome": np.zeros(n)}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Pay for the choice (fixation earns nothing), then swap the arms or not."""
        better = conditions["better"]
        n = len(better)
        pays = rng.random(n) < np.where(choices == better, self.p_reward, 1 - self.p_reward)
        swap = rng.random(n) < self.p_reversal
        return {
            "better": np.where(swap, 3 - better, better),
            "chosen": np.asarray(choices, np.int64),
            "outcome": (pays & (choices > 0)).astype(float),
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Show the last choice and its reward, then ask for the next."""
        canvas.add("fixation", 1.0, "feedback", "wait")
        canvas.add("chosen", np.eye(3)[conditions["chosen"]][:, 1:], "feedback")
        canvas.add("reward", conditions["outcome"][:, None], "feedback")
        canvas.target(conditions["better"], "choice")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on which arm is better, given all rewards so far, choosing the likelier arm."""
        outputs = self.hold(batch)
        p_left = np.full(batch.batch_size, 0.5)
        for feedback, choice in zip(batch.windows("feedback"), batch.windows("choice"), strict=True):
            chosen, reward = (shown(self, batch, group, feedback) for group in ("chosen", "reward"))
            informative = chosen.max(axis=1) > 0.5
            # A paid left and an unpaid right speak for left, with the same odds.
            speaks_for_left = (chosen[:, 0] > chosen[:, 1]) == (reward[:, 0] > 0.5)
            after = updated(p_left, speaks_for_left, self.p_reward, self.p_reversal)
            p_left = np.where(informative, after, p_left)
            choose(outputs, np.where(p_left >= 0.5, 1, 2), choice)
        return outputs

    @property
    def ceiling(self) -> float:
        """Expected score of Bayes' rule, exactly."""
        return expected_score(self.p_reward, self.p_reversal, self.n_choices)


@dataclass(frozen=True, kw_only=True)
class Bandit(PaintedTask):
    """Several arms, each paying with a probability of its own that is new in every session: explore, then exploit.

    A session is a row of ``n_choices`` segments. Each shows what was chosen last and whether it was rewarded,
    then asks for the next choice. The target is the arm with the highest probability.

    :channels: fixation; chosen (arm 1, arm 2); reward
    :responses: fixate, arm 1, arm 2
    :timing: feedback 100, wait 60, choice 140 ms, 20 segments
    :scoring: the class chosen in choice; chance 50 %, ceiling 77.2 %

    Attributes:
        n_arms: Number of arms.
        n_choices: Number of choices in a session.
        lowest_pay: Pay probabilities are drawn evenly from here ...
        highest_pay: ... to here.
    """

    n_arms: int = 2
    n_choices: int = 20
    lowest_pay: float = 0.0
    highest_pay: float = 1.0
    feedback_ms: Duration = 100
    wait_ms: Duration = 60
    choice_ms: Duration = 140
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "learning and reward"
    source = "Wang et al. 2018, Nat Neurosci, doi:10.1038/s41593-018-0147-8"
    contrasts = ("better",)
    periods = ("feedback", "wait", "choice")
    essential = ("feedback",)
    response_period = "choice"

    def check(self) -> None:
        check_session(self)
        whole_number("n_arms", self.n_arms, least=2)
        whole_number("n_choices", self.n_choices, least=1)
        if not 0 <= self.lowest_pay < self.highest_pay <= 1:
            raise ValueError(
                f"lowest_pay is {self.lowest_pay!r}, highest_pay {self.highest_pay!r}; "
                "needed: 0 <= lowest < highest <= 1."
            )
        if n_histories(self.n_arms, self.n_choices) > 40_000:
            raise ValueError(
                f"n_arms is {self.n_arms!r}, n_choices {self.n_choices!r}; the best play of so many is too long to "
                "compute. Allowed are, for example, 2 and 35, 3 and 20, or 4 and 15."
            )

    @property
    def n_segments(self) -> int:
        return self.n_choices

    def channels(self) -> Channels:
        return {"fixation": 1, "chosen": self._arms, "reward": 1}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *self._arms)

    def factors(self) -> Mapping[str, Factor]:
        """How often each arm pays."""
        return {f"pay of {arm}": Between(self.lowest_pay, self.highest_pay) for arm in self._arms}

    def complete(self, drawn: Conditions, rng: np.random.Generator) -> Conditions:
        """The best arm; nothing has been chosen (0) nor earned yet."""
        pays = np.stack(list(drawn.values()))
        n = pays.shape[1]
        return drawn | {"better": 1 + pays.argmax(axis=0), "chosen": np.zeros(n, np.int64), "outcome": np.zeros(n)}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Pay for the choice; fixation earns nothing."""
        pays = np.stack([np.zeros(len(choices)), *(conditions[f"pay of {arm}"] for arm in self._arms)])
        paid = rng.random(len(choices)) < pays[choices, np.arange(len(choices))]
        return conditions | {"chosen": np.asarray(choices, np.int64), "outcome": paid.astype(float)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Show the last choice and its reward, then ask for the next."""
        canvas.add("fixation", 1.0, "feedback", "wait")
        canvas.add("chosen", np.eye(self.n_arms + 1)[conditions["chosen"]][:, 1:], "feedback")
        canvas.add("reward", conditions["outcome"][:, None], "feedback")
        canvas.target(conditions["better"], "choice")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Count gains and losses of each arm, and follow the plan that finds and keeps the best arm most often."""
        outputs = self.hold(batch)
        counts = np.zeros((batch.batch_size, self.n_arms, 2), np.int64)
        for feedback, choice in zip(batch.windows("feedback"), batch.windows("choice"), strict=True):
            chosen = shown(self, batch, "chosen", feedback)
            lost = shown(self, batch, "reward", feedback) < 0.5
            counts += ((chosen > 0.5)[..., None]) & np.stack([~lost, lost], axis=-1)
            choose(outputs, 1 + self._plan.choose(counts), choice)
        return outputs

    @property
    def ceiling(self) -> float:
        """Expected score of the best plan."""
        return self._plan.score

    @property
    def _arms(self) -> tuple[str, ...]:
        return tuple(f"arm {number}" for number in range(1, self.n_arms + 1))

    @cached_property
    def _plan(self) -> BanditPlan:
        return plan_bandit(self.n_arms, self.n_choices, self.lowest_pay, self.highest_pay)
