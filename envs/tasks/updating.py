"""Updating of working memory: items come one after the other, and each is to be judged by those before."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration
from ..factors import Conditions, Factor, Levels
from ..observers.remembered_stimuli import (
    another,
    ceiling_in_parts,
    letters,
    log_likelihoods,
    posterior,
    simulated_logs,
)
from ..painted_task import PaintedTask
from ..trial import TrialBatch
from .matching import check_count


@dataclass(frozen=True, kw_only=True)
class NBack(PaintedTask):
    """See letters one after the other; say for each whether it is the same as the one n letters before.

    The first n letters are only seen. Among non-matches there may be lures, which repeat the letter n - 1 before. One
    who always gives the same answer earns 70 %.

    :channels: fixation; letter (A, B, C, D, E, F)
    :responses: fixate, match, non-match
    :timing: fixation 200, item 200 (x8), pause 200 (x2), response 200 (x6) ms
    :scoring: the class chosen in response; chance 50 %, ceiling 100 %

    Attributes:
        n_back: How many letters before, n.
        n_items: Number of letters in a trial.
        n_letters: Number of different letters.
        match_rate: Probability that a letter matches.
        lures: Probability that a non-match is made a lure, where the letter n - 1 before is none to match.
        response_ms: Interval after each letter, in which it is answered; the first n are followed by a pause instead.
    """

    n_back: int = 2
    n_items: int = 8
    n_letters: int = 6
    match_rate: float = 0.3
    lures: float = 0.0
    fixation_ms: Duration = 200
    item_ms: Duration = 200
    response_ms: Duration = 200

    family = "working memory"
    source = "Kirchner 1958, J Exp Psychol, doi:10.1037/h0043688"
    contrasts = ("n_matches",)
    periods = ("fixation", "item", "response")
    essential = ("item",)
    informative = "item 1"
    response_period = "response"

    def check(self) -> None:
        letters(self.n_letters)
        check_count("n_back", self.n_back, minimum=1)
        check_count("n_items", self.n_items, minimum=self.n_back + 1)
        if not 0 < self.match_rate < 1 or not 0 <= self.lures <= (self.n_back > 1):
            raise ValueError(
                f"match_rate is {self.match_rate!r}, lures {self.lures!r}; allowed: in (0, 1), in [0, 1], without "
                "lures where n_back is 1."
            )
        if self.n_letters**self.n_back > 1296:
            raise ValueError(
                f"{self.n_letters} letters, {self.n_back} back, can stand in {self.n_letters**self.n_back:,} orders; "
                "at most 1,296 are allowed, since an ideal observer weighs them all."
            )

    def channels(self) -> Channels:
        return {"fixation": 1, "letter": letters(self.n_letters)}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "match", "non-match")

    @property
    def answers(self) -> np.ndarray:
        return np.array([0.0, self.match_rate, 1 - self.match_rate])

    def durations(self) -> Mapping[str, Duration]:
        durations = {"fixation": self.fixation_ms}
        for k in range(1, self.n_items + 1):
            after = f"response {k}" if k in self._judged else f"pause {k}"
            durations |= {f"item {k}": self.item_ms, after: self.response_ms}
        return durations

    def factors(self) -> Mapping[str, Factor]:
        """The first letters, whether each later one matches, and whether it is to be a lure if it does not."""
        factors: dict[str, Factor] = {f"item_{k}": Levels(range(self.n_letters)) for k in range(1, self.n_back + 1)}
        for k in self._judged:
            factors[f"match_{k}"] = Levels((True, False), (self.match_rate, 1 - self.match_rate))
            if self.lures > 0:
                factors[f"lure_drawn_{k}"] = Levels((True, False), (self.lures, 1 - self.lures))
        return factors

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The later letters, and how many of them match."""
        done = dict(levels)
        for k in self._judged:
            old = done[f"item_{k - self.n_back}"]
            new = another(old, self.n_letters, rng)
            if self.lures > 0:
                recent = done[f"item_{k - self.n_back + 1}"]
                done[f"lure_{k}"] = levels[f"lure_drawn_{k}"] & (recent != old) & ~levels[f"match_{k}"]
                new = np.where(done[f"lure_{k}"], recent, new)
            done[f"item_{k}"] = np.where(levels[f"match_{k}"], old, new)
        return done | {"n_matches": np.sum([levels[f"match_{k}"] for k in self._judged], axis=0)}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if not name.startswith("response")))
        for k in range(1, self.n_items + 1):
            canvas.add("letter", np.eye(self.n_letters)[conditions[f"item_{k}"]], f"item {k}")
        for k in self._judged:
            canvas.target(np.where(conditions[f"match_{k}"], 1, 2), f"response {k}")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Keep the probability of every order of the last n letters, and let each new one update it."""
        items = [f"item {k}" for k in range(1, self.n_items + 1)]
        logs = log_likelihoods(self, batch, "letter", np.eye(self.n_letters), *items)
        return self.respond(batch, *(np.where(match, 1, 2) for match in self._matches(logs)))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy letters."""
        templates = np.eye(self.n_letters)

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            drawn = self.draw(rng, n)
            shown = (drawn[f"item_{k}"] for k in range(1, self.n_items + 1))
            matches = self._matches([simulated_logs(self, templates, item, self.item_ms, rng) for item in shown])
            return np.array([match == drawn[f"match_{k}"] for k, match in zip(self._judged, matches, strict=True)])

        return ceiling_in_parts(len(self._judged), simulate)

    def _matches(self, logs: list[np.ndarray]) -> list[np.ndarray]:
        """Whether each of the later letters is more probably a match, given all that was seen until then, (B,) each."""
        n, size = self.n_letters, len(logs[0])
        p = [posterior(log) for log in logs]
        belief = np.ones((size, 1))
        for first in p[: self.n_back]:
            belief = (belief[:, :, None] * first[:, None]).reshape(size, -1)
        matches = []
        for seen in p[self.n_back :]:
            # Axes: trial, oldest letter, the one after it, the others, the new letter.
            orders = belief.reshape(size, n, n if self.n_back > 1 else 1, -1)
            joint = orders[..., None] * (self._transitions[:, :, None] * seen[:, None, None, None])
            belief = joint.sum(axis=1).reshape(size, -1)
            total = belief.sum(axis=1)
            belief /= total[:, None]
            matches.append(np.einsum("baxya->b", joint) > total / 2)
        return matches

    @property
    def _transitions(self) -> np.ndarray:
        """Probability of a new letter given the ones n and n - 1 before it, (n_letters, n_letters or 1, n_letters)."""
        same = np.eye(self.n_letters)
        fresh = ((1 - same) / (self.n_letters - 1))[:, None]
        if self.n_back == 1:
            return self.match_rate * same[:, None] + (1 - self.match_rate) * fresh
        lure = self.lures * (1 - same)[:, :, None]
        return self.match_rate * same[:, None] + (1 - self.match_rate) * (lure * same[None] + (1 - lure) * fresh)

    @property
    def _judged(self) -> range:
        return range(self.n_back + 1, self.n_items + 1)


@dataclass(frozen=True, kw_only=True)
class CountRecall(PaintedTask):
    """See letters one after the other, each with a question: how often has the letter asked for come so far?

    The letter shown counts too. One who always gives the same answer earns 37 %.

    :channels: fixation; item (A, B, C); query (A, B, C)
    :responses: fixate, 0, 1, 2, 3, 4, 5, 6
    :timing: fixation 200, item 200 (x6), response 200 (x6) ms
    :scoring: the class chosen in response; chance 14.3 %, ceiling 100 %

    Attributes:
        n_items: Number of letters in a trial.
        n_letters: Number of different letters.
    """

    n_items: int = 6
    n_letters: int = 3
    fixation_ms: Duration = 200
    item_ms: Duration = 200
    response_ms: Duration = 200

    family = "working memory"
    source = "Morad et al. 2023, ICLR, arXiv:2303.01859"
    contrasts = ("last_count",)
    periods = ("fixation", "item", "response")
    essential = ("item",)
    informative = "item 1"
    response_period = "response"

    def check(self) -> None:
        letters(self.n_letters)
        check_count("n_items", self.n_items, minimum=1)

    def channels(self) -> Channels:
        return {"fixation": 1, "item": letters(self.n_letters), "query": letters(self.n_letters)}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *(str(count) for count in range(self.n_items + 1)))

    @property
    def answers(self) -> np.ndarray:
        """Binomial, averaged over the responses."""
        p, total = np.eye(self.n_items + 1)[0], np.zeros(self.n_items + 1)
        for _ in self._numbers:
            p = _counted(p, np.array(1 / self.n_letters))
            total += p / self.n_items
        return np.concatenate([[0.0], total])

    def durations(self) -> Mapping[str, Duration]:
        durations = {"fixation": self.fixation_ms}
        for k in self._numbers:
            durations |= {f"item {k}": self.item_ms, f"response {k}": self.response_ms}
        return durations

    def factors(self) -> Mapping[str, Factor]:
        """The letter and the question of each step."""
        one = Levels(range(self.n_letters))
        return {f"{name}_{k}": one for k in self._numbers for name in ("item", "query")}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return levels | {"last_count": self._right(levels)[-1]}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if not name.startswith("response")))
        for k in self._numbers:
            for name in ("item", "query"):
                canvas.add(name, np.eye(self.n_letters)[conditions[f"{name}_{k}"]], f"item {k}")
        for k, count in zip(self._numbers, self._right(conditions), strict=True):
            canvas.target(1 + count, f"response {k}")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Keep the probability of every count of every letter; answer with the likeliest, whichever was asked for."""
        names = [f"item {k}" for k in self._numbers]
        logs = (log_likelihoods(self, batch, name, np.eye(self.n_letters), *names) for name in ("item", "query"))
        return self.respond(batch, *(1 + count for count in self._counts(*logs)))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy steps."""
        templates = np.eye(self.n_letters)

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            drawn = self.draw(rng, n)
            shown = ([drawn[f"{name}_{k}"] for k in self._numbers] for name in ("item", "query"))
            logs = ([simulated_logs(self, templates, one, self.item_ms, rng) for one in row] for row in shown)
            return np.array(self._counts(*logs)) == self._right(drawn)

        return ceiling_in_parts(self.n_items, simulate)

    def _right(self, conditions: Conditions) -> np.ndarray:
        """The count asked for at each step, (n_items, B)."""
        items = np.stack([conditions[f"item_{k}"] for k in self._numbers])
        return np.stack([(items[:k] == conditions[f"query_{k}"]).sum(axis=0) for k in self._numbers])

    def _counts(self, items: list[np.ndarray], queries: list[np.ndarray]) -> list[np.ndarray]:
        """The likeliest count at each step, (B,) each."""
        p = np.zeros((*items[0].shape, self.n_items + 1))
        p[..., 0] = 1
        counts = []
        for item, query in zip(items, queries, strict=True):
            p = _counted(p, posterior(item))
            counts.append(np.einsum("bl,blc->bc", posterior(query), p).argmax(axis=1))
        return counts

    @property
    def _numbers(self) -> range:
        return range(1, self.n_items + 1)


def _counted(p: np.ndarray, one_more: np.ndarray) -> np.ndarray:
    """Probability of each count, (..., C), after a step that adds one with the given probability, (...)."""
    after = p * (1 - one_more[..., None])
    after[..., 1:] += p[..., :-1] * one_more[..., None]
    return after
