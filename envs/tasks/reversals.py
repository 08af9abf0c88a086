"""Reversal learning: what was right becomes wrong, again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, PerBatch, Uniform
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..observers.ceilings import ceiling_of, misreading, shortest
from ..observers.sessions import check_session, choose, log_odds, probability, readings
from ..painted_task import PaintedTask
from ..trial import TrialBatch
from .bandits import ArmsTask, before_the_first, believed, check_choices, likelihood_of_left
from .perceptual_decisions import SIDES


@dataclass(frozen=True, kw_only=True)
class ProbabilisticReversal(ArmsTask):
    """One of two stimuli is right for a block of trials, then the other; feedback misleads now and then.

    A session is a row of ``n_choices`` segments. Each shows what was chosen last and whether it was rewarded, then asks
    for the next choice. The right stimulus pays with probability ``p_reward``, the other with ``1 - p_reward``. Blocks
    are of drawn lengths, so that a reversal is the more to be expected the longer a block has lasted. A length may be a
    number of trials or, as in the paper, of correct choices: then nothing reverses for one who has not learned. One who
    goes by the feedback alone earns 73 %, staying after a reward and leaving after none.

    :channels: fixation; chosen (left, right); reward
    :responses: fixate, left, right
    :timing: feedback 100, wait 60, choice 140 ms, 20 segments
    :scoring: the class chosen in choice; chance 50 %, ceiling 82 %

    Attributes:
        n_choices: Number of choices in a session.
        p_reward: Probability that the right stimulus pays.
        shortest_block: Blocks last at least so many trials ...
        longest_block: ... and at most so many, each number equally probable.
        counted: What these numbers count: all trials, trials with a correct choice, or correct choices in a row.
    """

    p_reward: float = 0.8
    shortest_block: int = 6
    longest_block: int = 10
    counted: Literal["trials", "correct", "in_a_row"] = "trials"

    # Their blocks and payments; the length of the session is ours, with about four reversals.
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "cools2002": {"n_choices": 60, "shortest_block": 10, "longest_block": 15, "counted": "correct"}
    }
    source = "Cools, Clark, Owen & Robbins 2002, J Neurosci, doi:10.1523/JNEUROSCI.22-11-04563.2002"

    def check(self) -> None:
        check_choices(self)
        check_name("counted", self.counted, ("trials", "correct", "in_a_row"))
        if not 0.5 < self.p_reward <= 1 or not 1 <= self.shortest_block <= self.longest_block:
            raise ValueError(
                f"p_reward is {self.p_reward!r}, shortest_block {self.shortest_block!r}, longest_block "
                f"{self.longest_block!r}; needed: p_reward in (0.5, 1] and 1 <= shortest <= longest."
            )

    def arms(self) -> tuple[str, ...]:
        return ("left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The right stimulus, 1 left, 2 right, and for how many trials or correct choices, from this one on, it is."""
        return {"better": SIDES, "remaining": Levels(range(self.shortest_block, self.longest_block + 1))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return before_the_first(levels) | ({"block": levels["remaining"]} if self.counted == "in_a_row" else {})

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Pay for the choice (fixation earns nothing), and begin the next block if this one is over."""
        better, remaining = conditions["better"], conditions["remaining"]
        n, correct = len(better), choices == better
        pays = rng.random(n) < np.where(correct, self.p_reward, 1 - self.p_reward)
        block = rng.integers(self.shortest_block, self.longest_block + 1, n)
        own = {}
        left = remaining - (correct | (self.counted == "trials"))
        if self.counted == "in_a_row":
            left = np.where(correct, left, conditions["block"])
            own = {"block": np.where(left == 0, block, conditions["block"])}
        return own | {
            "better": np.where(left == 0, 3 - better, better),
            "remaining": np.where(left == 0, block, left),
            "chosen": np.asarray(choices, np.int64),
            "outcome": (pays & (choices > 0)).astype(float),
        }

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on which stimulus is right and for how long, choosing the likelier one.

        Where reversals wait for correct choices and blocks are very short, looking ahead would earn a little more.
        """
        outputs, belief = self.hold(batch), self._first(batch.batch_size)
        own = np.zeros(batch.batch_size, np.int64)
        for number, choice in enumerate(batch.windows("choice")):
            if number:
                belief = self._after(belief, likelihood_of_left(self, batch, number, own, self.p_reward), own)
            own = 1 + belief.sum(axis=2).argmax(axis=1)
            choose(outputs, own, choice)
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """Mean probability with which Bayes' rule is right, in 10,000 simulated sessions with a fixed seed.

        Its standard error is 0.5 % at most.
        """
        rng, n = np.random.default_rng(0), 10_000
        belief, total, conditions = self._first(n), 0.0, self.draw(rng, n)
        values, weights = readings(self, "feedback")
        for _ in range(self.n_choices):
            left = belief[:, 0].sum(axis=1)
            total += np.maximum(left, 1 - left).mean()
            own = np.where(left >= 0.5, 1, 2)
            conditions = self.advance(conditions, own, rng)
            read = rng.choice(values, n, p=weights)
            for_left = believed(read, self.p_reward)
            for_left = np.where((conditions["outcome"] > 0) == (own == 1), for_left, 1 - for_left)
            belief = self._after(belief, for_left, own)
        return float(total / self.n_choices)

    def _first(self, n: int) -> np.ndarray:
        """Belief about the right stimulus and what remains of its block, (n, 2, k)."""
        block = self._moves[2]
        return np.broadcast_to(block / 2, (n, 2, len(block)))

    @cached_property
    def _moves(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What remains of a block, as k states: where a step leads (k, k), where a slip does, where blocks begin (k,).

        A step takes one off what remains, and from the last one nowhere. A slip, a choice that does not count, changes
        nothing or, in a row, begins the block again; then a state is what remains and the length of the block.
        """
        n, lengths = self.longest_block, np.arange(self.shortest_block, self.longest_block + 1)
        begin = np.zeros((n, len(lengths)))
        begin[lengths - 1, np.arange(len(lengths))] = 1 / len(lengths)
        step, slip = np.eye(n, k=-1), np.eye(n)
        if self.counted == "trials":
            return step, step, begin.sum(axis=1)
        if self.counted == "correct":
            return step, slip, begin.sum(axis=1)
        same = np.eye(len(lengths))
        again = np.einsum("rl,lm->lrm", begin > 0, same)
        slip = np.broadcast_to(again, (n, *again.shape)).reshape(begin.size, begin.size)
        return np.kron(step, same), slip, begin.ravel()

    def _after(self, belief: np.ndarray, if_left: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Belief about the next trial, (B, 2, k).

        Args:
            belief: Belief about this one.
            if_left: Likelihood of what was seen if left is right, else one less it, (B,).
            chosen: What was chosen, (B,).
        """
        step, slip, begin = self._moves
        belief = belief * np.stack([if_left, 1 - if_left], axis=-1)[..., None]
        correct = chosen[:, None, None] == np.array([1, 2])[:, None]
        after = np.where(correct, belief @ step, belief @ slip)
        ended = belief.sum(axis=2) - after.sum(axis=2)
        after += ended[:, ::-1, None] * begin
        total = after.sum(axis=(1, 2), keepdims=True)
        # Where certain rewards contradict a certain belief nothing is left of either.
        return np.where(total > 0, after / np.where(total > 0, total, 1), begin / 2)


@dataclass(frozen=True, kw_only=True)
class RuleReversal(PaintedTask):
    """See one of two stimuli and, by the current rule, name it or the other one; the rule reverses.

    A session is a row of trials, a segment each: feedback on the last response, a pause, the stimulus, the response.
    Only the feedback reveals the rule (right or wrong, by the rule then in force). The target is what the rule of
    the trial before implies, in the first trial the rule to copy: that of one who changes the rule after each error.
    The score is the fraction of responses on target. In the paper trials begin with the stimulus, and two of four
    outputs are compared; here the first segment begins with an empty feedback and pause, and an output says to wait.
    One who goes by the stimulus alone earns 60 %.

    :channels: stimulus (left, right); feedback (right, wrong)
    :responses: wait, left, right
    :timing: feedback 200, wait 200, stimulus 200, response 200 ms, 5 segments
    :scoring: the class chosen in response; chance 50 %, ceiling 100 %

    Attributes:
        sequences: The rules of a session's trials, 0 to copy and 1 to swap; one of the sequences is drawn.
    """

    sequences: Sequence[str] = ("00000", "01100", "00011", "01111", "10000", "11100", "10011", "11111")
    feedback_ms: Duration = 200
    wait_ms: Duration = 200
    stimulus_ms: Duration = 200
    response_ms: Duration = 200

    family = "learning and reward"
    source = "Soo, Goudar & Wang 2023, NeurIPS, https://openreview.net/forum?id=O453PHSthc"
    contrasts = ("rule", "stimulus")
    periods = ("feedback", "wait", "stimulus", "response")
    essential = ("feedback", "stimulus")
    informative = "stimulus"
    response_period = "response"
    presets = {  # noqa: RUF012
        "soo2023": {"dt": 5.0}
        | {f"{period}_ms": PerBatch(Uniform(400, 600)) for period in ("feedback", "wait", "stimulus", "response")}
    }

    def check(self) -> None:
        check_session(self)
        given = list(self.sequences) if not isinstance(self.sequences, str) else []
        lengths = {len(sequence) if isinstance(sequence, str) else 0 for sequence in given}
        if len(lengths) != 1 or 0 in lengths or set("".join(given)) - {"0", "1"}:
            raise ValueError(f"sequences are {self.sequences!r}; give at least one, all of one length, of 0 and 1.")

    @property
    def n_segments(self) -> int:
        return len(self.sequences[0])

    def channels(self) -> Channels:
        return {"stimulus": ("left", "right"), "feedback": ("right", "wrong")}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The number of the sequence, and the first stimulus."""
        return {"sequence": Levels(range(len(self.sequences))), "stimulus": SIDES}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The first trial has no feedback (0), and is answered as if the rule were to copy."""
        none = np.zeros(len(levels["sequence"]), np.int64)
        rule = self._rules[levels["sequence"], 0]
        return levels | {"rule": rule, "rule_before": none, "trial": none, "feedback": none, "outcome": none * 1.0}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Judge the response by the rule in force, then move on to the next trial and its rule."""
        right = choices == named(conditions["stimulus"], conditions["rule"])
        trial = np.minimum(conditions["trial"] + 1, self.n_segments - 1)
        return {
            "sequence": conditions["sequence"],
            "stimulus": rng.integers(1, 3, len(trial)),
            "rule": self._rules[conditions["sequence"], trial],
            "rule_before": conditions["rule"],
            "trial": trial,
            "feedback": np.where(right, 1, 2),
            "outcome": right.astype(float),
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("feedback", np.eye(3)[conditions["feedback"]][:, 1:], "feedback")
        canvas.add("stimulus", np.eye(3)[conditions["stimulus"]][:, 1:], "stimulus")
        canvas.target(named(conditions["stimulus"], conditions["rule_before"]), "response")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on which sequence is played, answering by the likelier rule of the trial before.

        What feedback reveals of a rule depends on what the stimulus was, and on the response, which was its own.
        """
        outputs, n = self.hold(batch), batch.batch_size
        belief = np.full((n, len(self.sequences)), 1 / len(self.sequences))
        swapped = fits_copy = np.zeros(n)
        spans = (batch.windows(period) for period in ("feedback", "stimulus", "response"))
        for number, (feedback, stimulus, response) in enumerate(zip(*spans, strict=True)):
            if number:
                rule = self._rules[:, number - 1]
                right, wrong = log_odds(self, batch, "feedback", feedback).T
                p_right = probability(right - wrong)
                agrees = np.where(rule == 0, fits_copy[:, None], 1 - fits_copy[:, None])
                belief = belief * (agrees * p_right[:, None] + (1 - agrees) * (1 - p_right[:, None]))
                total = belief.sum(axis=1, keepdims=True)
                belief = np.where(total > 0, belief / np.where(total > 0, total, 1), 1 / len(self.sequences))
                swapped = belief @ rule
            left, right = log_odds(self, batch, "stimulus", stimulus).T
            p_left = probability(left - right)
            answers_left = p_left * (1 - swapped) + (1 - p_left) * swapped >= 0.5
            fits_copy = np.where(answers_left, p_left, 1 - p_left)
            choose(outputs, np.where(answers_left, 1, 2), response)
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """1, unless noise makes the ideal observer misread; then its mean score in 4,000 sessions."""
        risks = [misreading(self, np.eye(2), shortest(self, period)) for period in ("feedback", "stimulus")]
        return ceiling_of(self, exact=1.0, risk=self.n_segments * sum(risks))

    @property
    def _rules(self) -> np.ndarray:
        return np.array([[int(rule) for rule in sequence] for sequence in self.sequences])


def named(stimulus: np.ndarray, rule: np.ndarray) -> np.ndarray:
    """Response, 1 or 2, to a stimulus by rule 0, copy, or 1, swap."""
    return np.where(rule == 0, stimulus, 3 - stimulus)
