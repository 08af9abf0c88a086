"""Decisions in two steps: a choice leads, by chance, to one of two states, and only the state pays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..numbers import whole_number
from ..observers.ceilings import ceiling_of, misreading, shortest
from ..observers.remembered_stimuli import posterior
from ..observers.sessions import SLIP, check_session, choose, log_odds, probability, readings
from ..painted_task import PaintedTask
from ..responses import mean_during
from ..trial import TrialBatch
from .bandits import expected_score, updated


@dataclass(frozen=True, kw_only=True)
class DawTwoStep(PaintedTask):
    """Choose left or right; that leads, mostly but not always, to state A or B; there a lever is pressed for a reward.

    A session is ``n_trials`` trials of two segments. The first shows the reward of the last trial and asks for left
    (commonly to A) or right (commonly to B); the second shows the state reached and asks for its only lever, left in A
    and right in B. One state pays with probability ``p_reward``, the other with ``1 - p_reward``; after each trial they
    swap with probability ``p_reversal``. The score is the fraction of trials in which the first choice is the one that
    commonly leads to the better state. A simplification of Daw et al. as it is used with rodents (Miller et al. 2017,
    doi:10.1038/nn.4613): there, each state has two levers, whose probabilities drift. How often a choice is repeated
    after each kind of trial takes more trials than the default to see; Daw et al. had ``n_trials=201``.

    :channels: place (start, A, B); reward
    :responses: wait, left, right
    :timing: feedback 80, wait 40, choice 100 ms, 30 segments
    :scoring: the class chosen in choice; chance 50 %, ceiling 80.4 %

    Attributes:
        n_trials: Number of trials in a session.
        p_common: Probability of the common transition.
        p_reward: Probability that the better state pays.
        p_reversal: Probability that the states swap between two trials; 0 keeps them for the session.
    """

    n_trials: int = 15
    p_common: float = 0.7
    p_reward: float = 0.8
    p_reversal: float = 0.05
    feedback_ms: Duration = 80
    wait_ms: Duration = 40
    choice_ms: Duration = 100
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "learning and reward"
    source = "Daw, Gershman, Seymour, Dayan & Dolan 2011, Neuron, doi:10.1016/j.neuron.2011.02.027"
    contrasts = ("better", "common")
    periods = ("feedback", "wait", "choice")
    essential = ("feedback",)
    response_period = "choice"

    def check(self) -> None:
        check_session(self)
        whole_number("n_trials", self.n_trials, minimum=2)
        if not (0.5 < self.p_common <= 1 and 0.5 < self.p_reward <= 1 and 0 <= self.p_reversal < 0.5):
            raise ValueError(
                f"p_common is {self.p_common!r}, p_reward {self.p_reward!r}, p_reversal {self.p_reversal!r}; "
                "allowed: in (0.5, 1], in (0.5, 1], in [0, 0.5)."
            )

    @property
    def n_segments(self) -> int:
        return 2 * self.n_trials

    def channels(self) -> Channels:
        return {"place": ("start", "A", "B"), "reward": 1}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The better state, 1 A, 2 B."""
        return {"better": Levels((1, 2))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """All begin at the start (0); no transition has been made, nothing earned yet."""
        none = np.zeros(len(levels["better"]), np.int64)
        return levels | {"place": none, "common": none == 1, "outcome": none * 1.0}

    def pays(self, conditions: Conditions) -> np.ndarray:
        """Expected reward of each response, (B, n_out): at the start, of pressing the lever afterwards."""
        better, place = conditions["better"], conditions["place"]
        of_states = np.eye(3)[better] * (2 * self.p_reward - 1) + (1 - self.p_reward)
        leads = np.array([[0, 0.5, 0.5], [0, self.p_common, 1 - self.p_common], [0, 1 - self.p_common, self.p_common]])
        return np.where((place == 0)[:, None], of_states @ leads.T, of_states * np.eye(3)[place])

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """From the start to a state, by chance alone if nothing was chosen; from a state, paid or not, to the start."""
        better, place = conditions["better"], conditions["place"]
        transition, payment, swap = rng.random((3, len(better)))
        at_start = place == 0
        common = transition < np.where(choices == 0, 0.5, self.p_common)
        aim = np.where(choices == 0, 1, choices)
        pays = payment < np.where(place == better, self.p_reward, 1 - self.p_reward)
        return {
            "better": np.where(~at_start & (swap < self.p_reversal), 3 - better, better),
            "place": np.where(at_start, np.where(common, aim, 3 - aim), 0),
            "common": np.where(at_start, common & (choices > 0), conditions["common"]),
            "outcome": (~at_start & pays & (choices == place)).astype(float),
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        place = conditions["place"]
        canvas.add("place", np.eye(3)[place], "feedback", "wait", "choice")
        canvas.add("reward", conditions["outcome"][:, None], "feedback")
        canvas.target(np.where(place == 0, conditions["better"], place), "choice")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on which state is better, given all states and rewards so far; it knows where choices lead.

        How a state was reached says nothing about what it pays, and its reward says as much as the other's would. Of
        states that are hard to distinguish it presses the lever of the likelier one.
        """
        outputs, p_a = self.hold(batch), np.full(batch.batch_size, 0.5)
        own = np.zeros(batch.batch_size, np.int64)
        state = own[:, None] + np.array([1.0, SLIP, SLIP])
        for number, (feedback, choice) in enumerate(
            zip(batch.windows("feedback"), batch.windows("choice"), strict=True)
        ):
            if number % 2 == 0:
                if number:
                    paid = probability(log_odds(self, batch, "reward", feedback)[:, 0])
                    fits = state[np.arange(len(own)), own]
                    pays = np.where(own == 1, self.p_reward, 1 - self.p_reward)
                    if_a, if_b = ((1 - paid) + (2 * paid - 1) * fits * p for p in (pays, 1 - pays))
                    p_a = updated(p_a, if_a, if_b, self.p_reversal)
                p_place = np.array([1.0, SLIP, SLIP])
            else:
                p_common = min(self.p_common, 1 - SLIP)
                p_left = np.where(own == 1, p_common, 1 - p_common)
                p_place = np.stack([np.full(len(own), SLIP), p_left, 1 - p_left], axis=-1)
            state = posterior(log_odds(self, batch, "place", (feedback[0], choice[1])) + np.log(p_place))
            place = state.argmax(axis=1)
            own = np.where(place > 0, place, np.where(p_a >= 0.5, 1, 2))
            choose(outputs, own, choice)
        return outputs

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Fraction of the first choices that commonly lead to the better state, (B,).

        Of the second segment of a trial, judged alone, whether its lever is pressed.
        """
        outputs, trials = self.checked(outputs, batch), np.arange(batch.batch_size)
        correct = [
            mean_during(outputs, span, batch.mask).argmax(axis=1) == batch.targets[span[1] - 1, trials]
            for span in batch.windows("choice")[::2]
        ]
        return np.mean(correct, axis=0)

    @cached_property
    def ceiling(self) -> float:
        """Expected score of Bayes' rule, by numerical integration; in 4,000 sessions where states are hard to read."""
        exact = expected_score(self.p_reward, self.p_reversal, self.n_trials, readings(self, "feedback"))
        risk = misreading(self, np.eye(2), shortest(self, *self.periods))
        return ceiling_of(self, exact, self.n_trials * risk)
