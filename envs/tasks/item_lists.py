"""Lists in working memory: was this item among them, and which ones were they, in order?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, in_bins, pmf
from ..factors import Conditions, Factor, Levels
from ..names import check_name
from ..observers.remembered_stimuli import (
    ceiling_in_parts,
    letters,
    likelihood,
    lists_without,
    log_likelihoods,
    posterior,
    simulated_logs,
)
from ..painted_task import PaintedTask
from ..trial import TrialBatch

DIRECTIONS = ("forward", "backward")


def shuffled(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers 0 to size - 1 in random order, (n, size)."""
    return rng.random((n, size)).argsort(axis=1)


@dataclass(frozen=True, kw_only=True)
class Sternberg(PaintedTask):
    """See a list of letters, as many as the set size of the trial; after a delay, was the probe among them?

    :channels: fixation; letter (A, B, C, D, E, F, G, H)
    :responses: fixate, present, absent
    :timing: fixation 200, item computed (x4), delay 400-800, probe 200, decision 300 ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        max_items: Largest set size; all from 1 on are as frequent.
        n_letters: Number of different letters; none comes twice in a list.
        item_ms: Duration of each letter of the list.
    """

    max_items: int = 4
    n_letters: int = 8
    fixation_ms: Duration = 200
    item_ms: float = 200.0
    delay_ms: Duration = Uniform(400, 800)
    probe_ms: Duration = 200
    decision_ms: Duration = 300

    family = "working memory"
    source = "Sternberg 1966, Science, doi:10.1126/science.153.3736.652"
    contrasts = ("set_size", "present")
    periods = ("fixation", "item", "delay", "probe", "decision")
    essential = ("probe",)
    informative = "probe"

    def check(self) -> None:
        letters(self.n_letters)
        if not 1 <= self.max_items < min(self.n_letters, 11):
            raise ValueError(f"max_items is {self.max_items!r}; allowed: 1 to 10, and fewer than n_letters.")
        if in_bins(self.item_ms, self.dt, "item_ms") == 0:
            raise ValueError("item_ms is 0 ms; an item must be seen.")

    def channels(self) -> Channels:
        return {"fixation": 1, "letter": letters(self.n_letters)}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "present", "absent")

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Items beyond the set size take no time."""

        def item(k: int) -> Callable[[Conditions], np.ndarray]:
            return lambda conditions: np.where(conditions["set_size"] >= k, self.item_ms, 0.0)

        after = {"delay": self.delay_ms, "probe": self.probe_ms, "decision": self.decision_ms}
        return {"fixation": self.fixation_ms, **{f"item {k}": item(k) for k in self._numbers}, **after}

    def factors(self) -> Mapping[str, Factor]:
        return {"set_size": Levels(self._numbers), "present": Levels((True, False))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The items, -1 beyond the set size, the probe, and its position in the list, 0 if it is not there."""
        n, set_size = len(levels["set_size"]), levels["set_size"]
        order = shuffled(n, self.n_letters, rng)
        position = np.where(levels["present"], 1 + (rng.random(n) * set_size).astype(int), 0)
        items = {f"item_{k}": np.where(k <= set_size, order[:, k - 1], -1) for k in self._numbers}
        # A letter just beyond the list is any that is not on it.
        probe = order[np.arange(n), np.where(levels["present"], position - 1, set_size)]
        return levels | items | {"probe": probe, "position": position}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if name != "decision"))
        for name in ("probe", *(f"item {k}" for k in self._numbers)):
            canvas.add("letter", np.eye(self.n_letters)[conditions[name.replace(" ", "_")]], name)
        canvas.target(np.where(conditions["present"], 1, 2), "decision")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all lists and probes by their likelihood, answer with the likelier of present and absent."""
        names = [f"item {k}" for k in self._numbers]
        *items, probe = log_likelihoods(self, batch, "letter", np.eye(self.n_letters), *names, "probe")
        set_size = np.sum([stop > start for start, stop in (batch.periods[name] for name in names)], axis=0)
        choice = np.zeros(batch.batch_size, np.int64)
        for m in self._numbers:
            those = set_size == m
            choice[those] = np.where(self._present([log[those] for log in items[:m]], probe[those]), 1, 2)
        return self.respond(batch, choice)

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy lists and probes."""
        templates = np.eye(self.n_letters)

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            right = []
            for m in self._numbers:
                order = shuffled(n, self.n_letters, rng)
                present = rng.random(n) < 0.5
                items = [simulated_logs(self, templates, order[:, k], self.item_ms, rng) for k in range(m)]
                # The places of a list are all alike: the first stands for any.
                probed = np.where(present, order[:, 0], order[:, m])
                probe = simulated_logs(self, templates, probed, self.probe_ms, rng)
                right.append(self._present(items, probe) == present)
            return np.array(right)

        return ceiling_in_parts(self.max_items, simulate)

    def _present(self, items: list[np.ndarray], probe: np.ndarray) -> np.ndarray:
        """Whether the probe was more probably on the list, given the logarithms of the likelihoods, (B,) bool."""
        lists = lists_without(likelihood(np.stack(items)))
        without = lists[:, :-1]
        m = len(items)
        # A letter on the list was probed with probability 1 / m, each of the others with 1 / (n - m).
        weights = (lists[:, -1:] - without) / m - without / (self.n_letters - m)
        return (likelihood(probe) * weights).sum(axis=1) > 0

    @property
    def _numbers(self) -> range:
        return range(1, self.max_items + 1)


@dataclass(frozen=True, kw_only=True)
class SerialRecall(PaintedTask):
    """See a list of letters, keep it in mind over a delay, then name them one by one, in order or backwards.

    The fixation light goes off for each response. Where the direction is cued, the cue is shown in the delay. One who
    goes by one item alone earns 40 %.

    :channels: fixation; letter (A, B, C, D, E, F)
    :responses: fixate, A, B, C, D, E, F
    :timing: fixation 200, item 200 (x4), gap 100 (x3), delay 300-500, pause 100 (x4), response 200 (x4) ms
    :scoring: the class chosen in response; chance 16.7 %, ceiling 100 %

    Attributes:
        n_items: Length of the list.
        n_letters: Number of different letters.
        direction: In which order to recall: ``forward``, ``backward`` or ``cued``, which is either.
        repeats: Whether a letter may come more than once in a list.
        gap_ms: Gap between two letters.
        pause_ms: Pause before each response.
    """

    n_items: int = 4
    n_letters: int = 6
    direction: Literal["forward", "backward", "cued"] = "forward"
    repeats: bool = False
    fixation_ms: Duration = 200
    item_ms: Duration = 200
    gap_ms: Duration = 100
    delay_ms: Duration = Uniform(300, 500)
    pause_ms: Duration = 100
    response_ms: Duration = 200

    family = "working memory"
    source = "Botvinick & Plaut 2006, Psychol Rev, doi:10.1037/0033-295X.113.2.201"
    contrasts = ("item_1", "backward")
    periods = ("fixation", "item", "gap", "delay", "pause", "response")
    essential = ("item",)
    informative = "item 1"
    response_period = "response"

    def check(self) -> None:
        letters(self.n_letters)
        check_name("direction", self.direction, (*DIRECTIONS, "cued"))
        if self.n_items < 1 or (not self.repeats and self.n_items > min(self.n_letters, 10)):
            most = "" if self.repeats else ", without repeats at most 10 and at most n_letters"
            raise ValueError(f"n_items is {self.n_items!r}; allowed: at least 1{most}.")
        if self.direction == "cued" and pmf(self.delay_ms, self.dt, "delay_ms")[0].min() == 0:
            raise ValueError(f"delay_ms is {self.delay_ms!r}; where the direction is cued, the cue must be seen in it.")

    def channels(self) -> Channels:
        cue = {"direction": DIRECTIONS} if self.direction == "cued" else {}
        return {"fixation": 1, "letter": letters(self.n_letters), **cue}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", *letters(self.n_letters))

    def durations(self) -> Mapping[str, Duration]:
        durations = {"fixation": self.fixation_ms}
        for k in self._numbers:
            durations |= {f"item {k}": self.item_ms} | ({f"gap {k}": self.gap_ms} if k < self.n_items else {})
        durations["delay"] = self.delay_ms
        for k in self._numbers:
            durations |= {f"pause {k}": self.pause_ms, f"response {k}": self.response_ms}
        return durations

    def factors(self) -> Mapping[str, Factor]:
        p_backward = {"forward": 0.0, "backward": 1.0, "cued": 0.5}[self.direction]
        return {"backward": Levels((True, False), (p_backward, 1 - p_backward))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """The letters of the list."""
        n = len(levels["backward"])
        any_ = (n, self.n_items)
        order = rng.integers(0, self.n_letters, any_) if self.repeats else shuffled(n, self.n_letters, rng)
        return levels | {f"item_{k}": order[:, k - 1] for k in self._numbers}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if not name.startswith("response")))
        if self.direction == "cued":
            canvas.add("direction", np.eye(2)[conditions["backward"].astype(int)], "delay")
        for k in self._numbers:
            canvas.add("letter", np.eye(self.n_letters)[conditions[f"item_{k}"]], f"item {k}")
            wanted = np.where(conditions["backward"], conditions[f"item_{self._mirrored(k)}"], conditions[f"item_{k}"])
            canvas.target(1 + wanted, f"response {k}")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all lists by their likelihood, and name the likeliest letter of each place."""
        items = log_likelihoods(self, batch, "letter", np.eye(self.n_letters), *(f"item {k}" for k in self._numbers))
        cue = None
        if self.direction == "cued":
            (cue,) = log_likelihoods(self, batch, "direction", np.eye(2), "delay")
        return self.respond(batch, *(1 + letter for letter in self._recalled(items, cue)))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy letters."""

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            drawn = self.draw(rng, n)
            shown = [drawn[f"item_{k}"] for k in self._numbers]
            items = [simulated_logs(self, np.eye(self.n_letters), item, self.item_ms, rng) for item in shown]
            backward, cue = drawn["backward"], None
            if self.direction == "cued":
                cue = simulated_logs(self, np.eye(2), backward.astype(int), self.delay_ms, rng)
            wanted = np.where(backward, shown[::-1], shown)
            return np.array(self._recalled(items, cue)) == wanted

        return ceiling_in_parts(self.n_items, simulate)

    def _recalled(self, items: list[np.ndarray], cue: np.ndarray | None) -> list[np.ndarray]:
        """The likeliest letter of each response, given the logarithms of the likelihoods, (B,) each."""
        p = likelihood(np.stack(items))
        if not self.repeats:
            p = p * [lists_without(np.delete(p, k, axis=0))[:, :-1] for k in range(self.n_items)]
        p = p / p.sum(axis=-1, keepdims=True)
        if cue is not None:
            forward, backward = posterior(cue).T[..., None]
            p = forward * p + backward * p[::-1]
        elif self.direction == "backward":
            p = p[::-1]
        return list(p.argmax(axis=-1))

    def _mirrored(self, k: int) -> int:
        return self.n_items + 1 - k

    @property
    def _numbers(self) -> range:
        return range(1, self.n_items + 1)
