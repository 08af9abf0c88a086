"""Learning from reward: what comes next depends on what was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..factors import Conditions, Factor
from ..painted_task import PaintedTask
from ..responses import respond
from ..trial import TrialBatch
from .perceptual_decisions import SIDES


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
    feedback_ms: float = 100.0
    wait_ms: float = 60.0
    choice_ms: float = 140.0
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "learning and reward"
    source = "Izquierdo et al. 2017, Neuroscience, doi:10.1016/j.neuroscience.2016.03.021"
    contrasts = ("better",)
    periods = ("feedback", "wait", "choice")
    essential = ("feedback",)
    response_period = "choice"

    def check(self) -> None:
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
            chosen, reward = (self._shown(batch, group, feedback) for group in ("chosen", "reward"))
            informative = chosen.max(axis=1) > 0.5
            # A paid left and an unpaid right speak for left, with the same odds.
            speaks_for_left = (chosen[:, 0] > chosen[:, 1]) == (reward[:, 0] > 0.5)
            p_left = np.where(informative, self._update(p_left, speaks_for_left), p_left)
            respond(outputs, np.where(p_left >= 0.5, 1, 2), choice)
        return outputs

    @property
    def ceiling(self) -> float:
        """Expected score of Bayes' rule, by recursion over its belief on a grid of 2,001 values.

        What a choice teaches does not depend on the arm chosen, so the belief is a Markov chain of its own:
        S_k(p) = max(p, 1 - p) + E[S_(k-1)(p')], and the ceiling is S_n(1/2) / n.
        """
        p = np.linspace(0, 1, 2001)
        for_left = p * self.p_reward + (1 - p) * (1 - self.p_reward)
        left, right = self._update(p, np.full(p.shape, True)), self._update(p, np.full(p.shape, False))
        total = np.zeros_like(p)
        for _ in range(self.n_choices):
            future = for_left * np.interp(left, p, total) + (1 - for_left) * np.interp(right, p, total)
            total = np.maximum(p, 1 - p) + future
        return float(np.interp(0.5, p, total) / self.n_choices)

    def _shown(self, batch: TrialBatch, group: str, span: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        # The segments of a session have fixed durations, the same for all trials.
        return batch.inputs[span[0][0] : span[1][0], :, self.input_groups[group]].mean(axis=0)

    def _update(self, p_left: np.ndarray, speaks_for_left: np.ndarray) -> np.ndarray:
        q = np.where(speaks_for_left, self.p_reward, 1 - self.p_reward)
        evidence = p_left * q + (1 - p_left) * (1 - q)
        # Where certain rewards contradict a certain belief nothing is left of either.
        posterior = np.divide(p_left * q, evidence, out=np.full_like(p_left, 0.5), where=evidence > 0)
        return posterior * (1 - self.p_reversal) + (1 - posterior) * self.p_reversal
