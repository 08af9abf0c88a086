"""Card sorting: a rule that must be found, and given up when it no longer holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..numbers import whole_number
from ..observers.ceilings import ceiling_of, misreading, shortest
from ..observers.remembered_stimuli import posterior
from ..observers.sessions import check_session, choose, log_odds, probability
from ..painted_task import PaintedTask
from ..responses import Span
from ..trial import TrialBatch

FEATURES = ("colour", "shape", "number")
CARDS = np.array(list(permutations(range(4), 3)))
"""The 24 test cards, (24, 3): no two of their features agree with the same reference card."""
VALUES = np.eye(4)[CARDS]
"""What is shown of each card, (24, 3, 4)."""
ORDERS = np.array(list(permutations(range(4))))
"""Which reference card lies in which of the four slots, (24, 4)."""
SLOTS = ORDERS.argsort(axis=1)
"""In which slot each reference card lies, (24, 4)."""


@dataclass(frozen=True, kw_only=True)
class WisconsinCardSorting(PaintedTask):
    """Sort each card to one of four reference cards, by colour, shape or number; only the feedback reveals by which.

    A session is a row of ``n_trials`` segments: feedback on the last response, a pause, the card, the response.
    Reference card k has the k-th colour, shape and number. A test card agrees with a different reference card in each
    feature, so that a right response proves its rule; only such cards are in the modified test of Nelson 1976, Cortex
    (doi:10.1016/S0010-9452(76)80035-4), but half of Berg's agree in two features. The rule becomes another one,
    unannounced: before each trial after the first with probability ``p_switch`` or, as in the test, after
    ``criterion`` right responses in a row. One who goes by the card alone earns 33 %,
    keeping to one rule whatever the feedback.

    :channels: card (colour 1, colour 2, ..., number 4 (12)); feedback (right, wrong)
    :responses: wait, card 1, card 2, card 3, card 4
    :timing: feedback 100, wait 60, card 100, response 140 ms, 15 segments
    :scoring: the class chosen in response; chance 25 %, ceiling 80.7 %

    Attributes:
        n_trials: Number of cards in a session.
        p_switch: Probability that the rule changes between two trials, where there is no criterion.
        criterion: Number of right responses in a row after which the rule changes; 0 for none.
        layout: The test card is shown once, the reference cards always lie in the same order and are never shown
            (``card``); or they are shown one after the other, each in its slot and beside the test card, in an order
            that is new in every trial (``in_turn``).
        card_ms: Duration of the test card or, ``in_turn``, of each of the four reference cards beside it (ms).
    """

    n_trials: int = 15
    p_switch: float = 0.1
    criterion: int = 0
    layout: Literal["card", "in_turn"] = "card"
    feedback_ms: Duration = 100
    wait_ms: Duration = 60
    card_ms: Duration = 100
    response_ms: Duration = 140
    grace_ms: float = 40.0
    noise: float = 0.05

    family = "learning and reward"
    source = "Berg 1948, J Gen Psychol, doi:10.1080/00221309.1948.9918159"
    contrasts = ("rule",)
    periods = ("feedback", "wait", "card", "response")
    essential = ("feedback", "card")
    informative = "card"
    response_period = "response"
    # Berg: 60 cards, five right in a row. Heaton's manual, 1981: 128 cards, ten. Nelson: 48 cards, six.
    # The layout and timing of the multi-trial task in the code of Soo, Goudar & Wang 2023, as far as they are known.
    presets = {  # noqa: RUF012
        "nelson1976": {"n_trials": 48, "criterion": 6},
        "soo2023": {"dt": 10.0, "n_trials": 10, "layout": "in_turn", "card_ms": 250.0}
        | {"feedback_ms": 500.0, "wait_ms": 500.0, "response_ms": 500.0},
    }

    def check(self) -> None:
        check_session(self)
        check_name("layout", self.layout, ("card", "in_turn"))
        whole_number("n_trials", self.n_trials, minimum=1)
        whole_number("criterion", self.criterion, minimum=0)
        if not 0 <= self.p_switch <= 2 / 3:
            raise ValueError(f"p_switch is {self.p_switch!r}; allowed: 0 to 2/3, at which the last rule says nothing.")

    def durations(self) -> Mapping[str, Duration]:
        """Feedback and pause first, then the cards and the response to them."""
        cards = dict.fromkeys(self._shows, self.card_ms)
        return {"feedback": self.feedback_ms, "wait": self.wait_ms, **cards, "response": self.response_ms}

    @property
    def n_segments(self) -> int:
        return self.n_trials

    def channels(self) -> Channels:
        features = tuple(f"{feature} {value}" for feature in FEATURES for value in range(1, 5))
        references = {"reference": features, "slot": ("1", "2", "3", "4")} if self.layout == "in_turn" else {}
        return {"card": features, **references, "feedback": ("right", "wrong")}

    def responses(self) -> tuple[str, ...]:
        return ("wait", "card 1", "card 2", "card 3", "card 4")

    def factors(self) -> Mapping[str, Factor]:
        """The rule, 0 colour, 1 shape, 2 number; the test card; the order of the reference cards."""
        orders = range(len(ORDERS) if self.layout == "in_turn" else 1)
        return {"rule": Levels(range(3)), "card": Levels(range(len(CARDS))), "order": Levels(orders)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """There is no feedback (0) yet."""
        none = np.zeros(len(levels["rule"]), np.int64)
        return levels | {"feedback": none, "outcome": none * 1.0} | ({"in_a_row": none} if self.criterion else {})

    def pays(self, conditions: Conditions) -> np.ndarray:
        """Expected reward of each response, (B, n_out): the right one alone earns something."""
        return np.eye(self.n_outputs)[self._answer(conditions)]

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Judge the response, change the rule or not, deal the next card."""
        right, rule = choices == self._answer(conditions), conditions["rule"]
        n = len(rule)
        switch, to = rng.random(n) < self.p_switch, rng.integers(1, 3, n)
        row = {}
        if self.criterion:
            in_a_row = np.where(right, conditions["in_a_row"] + 1, 0)
            switch = in_a_row == self.criterion
            row = {"in_a_row": np.where(switch, 0, in_a_row)}
        return row | {
            "rule": np.where(switch, (rule + to) % 3, rule),
            "card": rng.integers(0, len(CARDS), n),
            "order": rng.integers(0, len(ORDERS) if self.layout == "in_turn" else 1, n),
            "feedback": np.where(right, 1, 2),
            "outcome": right.astype(float),
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("feedback", np.eye(3)[conditions["feedback"]][:, 1:], "feedback")
        canvas.add("card", np.eye(4)[CARDS[conditions["card"]]].reshape(-1, 12), *self._shows)
        if self.layout == "in_turn":
            for slot, period in enumerate(self._shows):
                reference = np.eye(4)[ORDERS[conditions["order"], slot]]
                canvas.add("reference", np.tile(reference, 3), period)
                canvas.add("slot", np.eye(4)[slot], period)
        canvas.target(self._answer(conditions), "response")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Bayes' rule on which rule holds, and for how many right responses already, giving the likeliest answer.

        It knows what it answered itself.
        """
        outputs, belief = self.hold(batch), self._first(batch.batch_size)
        fits, n_shown = np.zeros((batch.batch_size, 3)), len(self._shows)
        cards = batch.windows("card")
        for number, (feedback, response) in enumerate(
            zip(batch.windows("feedback"), batch.windows("response"), strict=True)
        ):
            if number:
                right, wrong = log_odds(self, batch, "feedback", feedback).T
                p_right = probability(right - wrong)[:, None]
                belief = self._after(belief, fits * p_right, (1 - fits) * (1 - p_right))
            answers = self._answers(batch, cards[number * n_shown : (number + 1) * n_shown])
            answer = (belief.sum(axis=2)[..., None] * answers).sum(axis=1).argmax(axis=1)
            fits = answers[np.arange(len(answer)), :, answer]
            choose(outputs, 1 + answer, response)
        return outputs

    def _answers(self, batch: TrialBatch, shows: list[Span]) -> np.ndarray:
        """Probability by each rule that each answer is right, (B, 3, 4), by what is seen of the cards."""
        card = log_odds(self, batch, "card", (shows[0][0], shows[-1][1])).reshape(-1, 3, 4)
        values = np.einsum("bc,crv->brv", posterior(np.einsum("brv,crv->bc", card, VALUES)), VALUES)
        if self.layout == "card":
            return values
        faces = [log_odds(self, batch, "reference", span).reshape(-1, 3, 4).sum(axis=1) for span in shows]
        order = posterior(np.einsum("sbv,osv->bo", faces, np.eye(4)[ORDERS]))
        return np.einsum("brv,bo,ovs->brs", values, order, np.eye(4)[SLOTS], optimize=True)

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the likeliest rule, exactly; where cards are hard to read, in 4,000 sessions.

        A right response proves its rule, so all that matters is the belief then, and after each error in a row. With
        h_j the probability that the first right response comes after j errors, S_n = c + sum_j h_j (1 + S_(n-c-j-1)),
        S beginning with a rule just proven, of which c = criterion - 1 more right responses are certain; c = 0
        without a criterion.
        """
        known = np.zeros((1, 3, 1))
        known[0, 0] = 1
        certain = max(self.criterion - 1, 0)
        # After the criterion the rule is one of the other two, as it is after a certain switch.
        proven = self._switched(known, 1.0 if self.criterion else self.p_switch)
        first, again = (self._hits(belief) for belief in (np.full((1, 3, 1), 1 / 3), proven))
        total = np.zeros(self.n_trials + 1)
        for n in range(1, self.n_trials + 1):
            left = max(n - certain, 0)
            total[n] = min(n, certain) + again[:left] @ (1 + total[:left][::-1])
        exact = float(first @ (1 + total[: self.n_trials][::-1]) / self.n_trials)
        bins = shortest(self, "card")
        risk = misreading(self, np.eye(2), shortest(self, "feedback")) + misreading(self, VALUES, bins)
        if self.layout == "in_turn":
            risk += misreading(self, np.tile(np.eye(4)[ORDERS], 3), bins)
        return ceiling_of(self, exact, self.n_trials * risk)

    def _hits(self, belief: np.ndarray) -> np.ndarray:
        """Probability that the first right response comes after each number of errors, (n_trials,)."""
        hits, missed = np.zeros(self.n_trials), 1.0
        for number in range(self.n_trials):
            p, wrong = float(belief.max()), np.ones((1, 3))
            wrong[0, belief[..., 0].argmax()] = 0
            hits[number], missed = missed * p, missed * (1 - p)
            belief = self._normal(belief * wrong[..., None])
            belief = belief if self.criterion else self._switched(belief, self.p_switch)
        return hits

    def _first(self, n: int) -> np.ndarray:
        """Belief about the rule and the right responses in a row, fewer than the criterion, (n, 3, criterion or 1)."""
        belief = np.zeros((n, 3, max(self.criterion, 1)))
        belief[..., 0] = 1 / 3
        return belief

    def _after(self, belief: np.ndarray, if_right: np.ndarray, if_wrong: np.ndarray) -> np.ndarray:
        """Belief about the next trial, after feedback with these likelihoods, (B, 3), for each rule.

        Args:
            belief: Belief about this trial, (B, 3, k).
            if_right: Of the response having been right and the feedback being what was seen.
            if_wrong: Of the response having been wrong and the feedback being what was seen.
        """
        right, wrong = belief * if_right[..., None], belief * if_wrong[..., None]
        if not self.criterion:
            return self._switched(self._normal(right + wrong), self.p_switch)
        after = np.zeros_like(belief)
        after[..., 1:] = right[..., :-1]
        after[..., :1] = wrong.sum(axis=2, keepdims=True) + self._switched(right[..., -1:], 1.0)
        return self._normal(after)

    @staticmethod
    def _normal(belief: np.ndarray) -> np.ndarray:
        total = belief.sum(axis=(1, 2), keepdims=True)
        return np.where(total > 0, belief / np.where(total > 0, total, 1), 1 / 3 / belief.shape[2])

    @staticmethod
    def _switched(belief: np.ndarray, p: float) -> np.ndarray:
        """Belief (B, 3, k) after the rule has become another one with probability p."""
        others = belief.sum(axis=1, keepdims=True) - belief
        return belief * (1 - p) + others * p / 2

    @property
    def _shows(self) -> tuple[str, ...]:
        return ("card",) if self.layout == "card" else tuple(f"card {slot}" for slot in range(1, 5))

    def _answer(self, conditions: Conditions) -> np.ndarray:
        value = CARDS[conditions["card"], conditions["rule"]]
        return 1 + SLOTS[conditions["order"], value]
