"""Learning from reward: what comes next depends on what was chosen."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, pmf
from ..factors import Between, Conditions, Factor
from ..numbers import whole_number
from ..observers.ceilings import misreading
from ..observers.exploration import BanditPlan, n_histories, plan_bandit
from ..observers.sessions import check_session, choose, last_choice, log_odds, probability, readings
from ..painted_task import PaintedTask
from ..trial import TrialBatch
from .perceptual_decisions import SIDES


@dataclass(frozen=True, kw_only=True)
class ArmsTask(PaintedTask):
    """A session of choices between arms: each segment shows the last choice and its reward, then asks for the next."""

    n_choices: int = 20
    feedback_ms: Duration = 100
    wait_ms: Duration = 60
    choice_ms: Duration = 140
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "learning and reward"
    contrasts = ("better",)
    periods = ("feedback", "wait", "choice")
    essential = ("feedback",)
    response_period = "choice"

    @abstractmethod
    def arms(self) -> tuple[str, ...]:
        """Names of the arms."""

    @property
    def n_segments(self) -> int:
        return self.n_choices

    def channels(self) -> Channels:
        return {"fixation": 1, "chosen": self.arms(), "reward": 1}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *self.arms())

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, "feedback", "wait")
        canvas.add("chosen", np.eye(self.n_outputs)[conditions["chosen"]][:, 1:], "feedback")
        canvas.add("reward", conditions["outcome"][:, None], "feedback")
        canvas.target(conditions["better"], "choice")


def check_choices(task: ArmsTask) -> None:
    """Refuse durations that make no session, and a session in which nothing can be learned."""
    check_session(task)
    whole_number("n_choices", task.n_choices, minimum=2)


def before_the_first(levels: Conditions) -> Conditions:
    """The conditions of the first segment: nothing has been chosen (0) nor earned yet."""
    n = len(levels["better"])
    return levels | {"chosen": np.zeros(n, np.int64), "outcome": np.zeros(n)}


def likelihood_of_left(task: ArmsTask, batch: TrialBatch, number: int, own: np.ndarray, p_reward: float) -> np.ndarray:
    """Likelihood of what a segment shows if the left of two arms is better, (B,); of right it is one less that.

    Args:
        task: The task.
        batch: A session.
        number: Number of the segment, from 0; the first shows nothing yet.
        own: What the observer chose last.
        p_reward: Probability that the better arm pays, and that the other does not.
    """
    if number == 0:
        return np.full(batch.batch_size, 0.5)
    feedback = batch.windows("feedback")[number]
    chosen = last_choice(own, log_odds(task, batch, "chosen", feedback))
    paid = probability(log_odds(task, batch, "reward", feedback)[:, 0])
    # A paid left and an unpaid right speak for left, with the same odds.
    return np.choose(chosen, [np.full_like(paid, 0.5), believed(paid, p_reward), believed(1 - paid, p_reward)])


def believed(sign: np.ndarray, p_true: float) -> np.ndarray:
    """Probability of what a sign stands for, when it is seen with some probability and true with another."""
    return sign * p_true + (1 - sign) * (1 - p_true)


def updated(p_left: np.ndarray, if_left: np.ndarray, if_right: np.ndarray, p_reversal: float) -> np.ndarray:
    """Belief that left is better, by Bayes' rule on the likelihoods of what was seen, and after a possible swap."""
    evidence = p_left * if_left + (1 - p_left) * if_right
    # Where certain rewards contradict a certain belief nothing is left of either.
    posterior = np.divide(p_left * if_left, evidence, out=np.full_like(evidence, 0.5), where=evidence > 0)
    return posterior * (1 - p_reversal) + (1 - posterior) * p_reversal


def expected_score(
    p_reward: float,
    p_reversal: float,
    n_choices: int,
    readings: tuple[np.ndarray, np.ndarray] = (np.ones(1), np.ones(1)),
) -> float:
    """Expected score of Bayes' rule, by recursion over its belief on a grid of 2,001 values.

    What a choice teaches does not depend on the arm chosen, so the belief is a Markov chain of its own:
    S_k(p) = max(p, 1 - p) + E[S_(k-1)(p')], and the score is S_n(1/2) / n.

    Args:
        p_reward: Probability that the better arm pays, and that the other does not.
        p_reversal: Probability that the arms swap between two choices.
        n_choices: Number of choices n.
        readings: How a sign is read, and how often so, as :func:`readings` says; without doubt unless given.
    """
    p, (values, weights) = np.linspace(0, 1, 2001), readings
    for_left, q = believed(p, p_reward), believed(values, p_reward)
    left, right = updated(p[:, None], q, 1 - q, p_reversal), updated(p[:, None], 1 - q, q, p_reversal)
    total = np.zeros_like(p)
    for _ in range(n_choices):
        after_left, after_right = (np.interp(belief, p, total) @ weights for belief in (left, right))
        total = np.maximum(p, 1 - p) + for_left * after_left + (1 - for_left) * after_right
    return float(np.interp(0.5, p, total) / n_choices)


@dataclass(frozen=True, kw_only=True)
class ReversalBandit(ArmsTask):
    """Two arms, one better; now and then they swap. Find the better arm from rewards alone, again and again.

    A session is a row of ``n_choices`` segments. Each shows what was chosen last and whether it was rewarded,
    then asks for the next choice. The better arm pays with probability ``p_reward``, the other with
    ``1 - p_reward``; before each choice after the first they swap with probability ``p_reversal``.
    The target is the better arm. One who goes by the feedback alone earns 80.4 %: staying after a reward and leaving
    after none is as good as it gets.

    :channels: fixation; chosen (left, right); reward
    :responses: fixate, left, right
    :timing: feedback 100, wait 60, choice 140 ms, 20 segments
    :scoring: the class chosen in choice; chance 50 %, ceiling 80.4 %

    Attributes:
        n_choices: Number of choices in a session.
        p_reward: Probability that the better arm pays.
        p_reversal: Probability that the arms swap between two choices.
    """

    p_reward: float = 0.9
    p_reversal: float = 0.1

    source = "Beron, Neufeld, Linderman & Sabatini 2022, PNAS, doi:10.1073/pnas.2113961119"

    def check(self) -> None:
        check_choices(self)
        if not 0.5 < self.p_reward <= 1 or not 0 <= self.p_reversal < 0.5:
            raise ValueError(
                f"p_reward is {self.p_reward!r}, p_reversal {self.p_reversal!r}; allowed: in (0.5, 1], in [0, 0.5)."
            )

    def arms(self) -> tuple[str, ...]:
        return ("left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The better arm: 1 left, 2 right."""
        return {"better": SIDES}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return before_the_first(levels)

    def pays(self, conditions: Conditions) -> np.ndarray:
        """Expected reward of each response, (B, n_out), to one who knows the conditions."""
        better = np.eye(3)[conditions["better"]]
        return (better * self.p_reward + (1 - better) * (1 - self.p_reward)) * [0, 1, 1]

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

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on which arm is better, given all rewards so far, choosing the likelier arm."""
        outputs, p_left = self.hold(batch), np.full(batch.batch_size, 0.5)
        own = np.zeros(batch.batch_size, np.int64)
        for number, choice in enumerate(batch.windows("choice")):
            q = likelihood_of_left(self, batch, number, own, self.p_reward)
            p_left = updated(p_left, q, 1 - q, self.p_reversal)
            own = np.where(p_left >= 0.5, 1, 2)
            choose(outputs, own, choice)
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """Expected score of Bayes' rule, by numerical integration."""
        return expected_score(self.p_reward, self.p_reversal, self.n_choices, readings(self, "feedback"))


@dataclass(frozen=True, kw_only=True)
class Bandit(ArmsTask):
    """Several arms, each paying with a probability of its own that is new in every session: explore, then exploit.

    A session is a row of ``n_choices`` segments. Each shows what was chosen last and whether it was rewarded,
    then asks for the next choice. The target is the arm with the highest probability. One who goes by the feedback
    alone earns 67 %, staying after a reward and leaving after none.

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
    lowest_pay: float = 0.0
    highest_pay: float = 1.0

    source = "Wang et al. 2018, Nat Neurosci, doi:10.1038/s41593-018-0147-8"

    def check(self) -> None:
        check_choices(self)
        whole_number("n_arms", self.n_arms, minimum=2)
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

    def arms(self) -> tuple[str, ...]:
        return tuple(f"arm {number}" for number in range(1, self.n_arms + 1))

    def factors(self) -> Mapping[str, Factor]:
        """How often each arm pays."""
        return {f"pay of {arm}": Between(self.lowest_pay, self.highest_pay) for arm in self.arms()}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return before_the_first(levels | {"better": 1 + np.argmax(list(levels.values()), axis=0)})

    def pays(self, conditions: Conditions) -> np.ndarray:
        """Expected reward of each response, (B, n_out), to one who knows the conditions."""
        of_arms = [conditions[f"pay of {arm}"] for arm in self.arms()]
        return np.stack([np.zeros(len(of_arms[0])), *of_arms], axis=1)

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Pay for the choice; fixation earns nothing."""
        paid = rng.random(len(choices)) < self.pays(conditions)[np.arange(len(choices)), choices]
        return conditions | {"chosen": np.asarray(choices, np.int64), "outcome": paid.astype(float)}

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Count gains and losses of each arm, and follow the plan that finds and keeps the best arm most often.

        It takes each reward for given or not, and knows how often that is mistaken.
        """
        outputs, trials = self.hold(batch), np.arange(batch.batch_size)
        own, counts = np.zeros(len(trials), np.int64), np.zeros((len(trials), self.n_arms, 2), np.int64)
        for number, (feedback, choice) in enumerate(
            zip(batch.windows("feedback"), batch.windows("choice"), strict=True)
        ):
            if number:
                chosen = last_choice(own, log_odds(self, batch, "chosen", feedback))
                lost = log_odds(self, batch, "reward", feedback)[:, 0] < 0
                counts[trials, chosen - 1, lost.astype(int)] += chosen > 0
            own = 1 + self._plan.choose(counts)
            choose(outputs, own, choice)
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the best plan for rewards that are taken for given or not."""
        return self._plan.score

    @cached_property
    def _plan(self) -> BanditPlan:
        """Plan for what is read: mistakes bring the probabilities with which arms seem to pay nearer to each other."""
        bins, p = pmf(self.feedback_ms, self.dt, "feedback_ms")
        mistaken = float(np.dot(p, [misreading(self, np.eye(2)[:, :1], n) for n in bins]))
        low, high = (mistaken + (1 - 2 * mistaken) * pay for pay in (self.lowest_pay, self.highest_pay))
        return plan_bandit(self.n_arms, self.n_choices, low, high)
