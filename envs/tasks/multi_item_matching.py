"""Delayed matching with more than one stimulus to tell from the sample: distractors, two items and a cue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform
from ..factors import Conditions, Factor, Levels
from ..observers.remembered_stimuli import (
    another,
    ceiling_in_parts,
    likelihood,
    likelihood_of_another,
    log_likelihoods,
    posterior,
    simulated_logs,
)
from ..painted_task import PaintedTask
from ..ring import Ring
from ..trial import TrialBatch
from .matching import around, check_count

PLACES = ("upper", "lower")


@dataclass(frozen=True, kw_only=True)
class DelayMatchSampleDistractor1D(PaintedTask):
    """See a sample, then several tests one after the other: respond while a test matches, withhold at distractors.

    At most one test matches. Distractors are any other stimuli, and the same one may come again; they come after
    the match too, since a trial always runs to its end. One who always gives the same answer earns 75 %.

    :channels: fixation; stimulus (ring of 32)
    :responses: withhold, match
    :timing: fixation 200, sample 300, delay 200-400 (x3), test 300 (x3) ms
    :scoring: the class chosen in test; chance 50 %, ceiling 100 %

    Attributes:
        n_stimuli: Number of stimuli, angles spread evenly over the circle.
        n_tests: Number of tests.
        catch: Fraction of trials without a match; in the others every test is as often the one.
        ring: The population that sees them.
        delay_ms: Delay before each test.
        test_ms: Duration of each test, in which it is also answered.
    """

    n_stimuli: int = 8
    n_tests: int = 3
    catch: float = 0.25
    ring: Ring = field(default_factory=lambda: Ring(32))
    fixation_ms: Duration = 200
    sample_ms: Duration = 300
    delay_ms: Duration = Uniform(200, 400)
    test_ms: Duration = 300

    family = "working memory"
    source = "Miller, Erickson & Desimone 1996, J Neurosci, doi:10.1523/JNEUROSCI.16-16-05154.1996"
    contrasts = ("sample", "position")
    periods = ("fixation", "sample", "delay", "test")
    essential = ("sample",)
    informative = "test"
    response_period = "test"

    def check(self) -> None:
        check_count("n_stimuli", self.n_stimuli)
        check_count("n_tests", self.n_tests, minimum=1)
        if not 0 <= self.catch < 1:
            raise ValueError(f"catch is {self.catch!r}; it must be in [0, 1).")

    def channels(self) -> Channels:
        return {"fixation": 1, "stimulus": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("withhold", "match")

    @property
    def answers(self) -> np.ndarray:
        return np.array([1 - self._p_match, self._p_match])

    def durations(self) -> Mapping[str, Duration]:
        tests = ((f"delay {k}", f"test {k}") for k in self._numbers)
        repeated = {name: ms for pair in tests for name, ms in zip(pair, (self.delay_ms, self.test_ms), strict=True)}
        return {"fixation": self.fixation_ms, "sample": self.sample_ms, **repeated}

    def factors(self) -> Mapping[str, Factor]:
        """The sample, and the number of the test that matches it, 0 for none."""
        p = (self.catch, *[self._p_match] * self.n_tests)
        return {"sample": Levels(range(self.n_stimuli)), "position": Levels(range(self.n_tests + 1), p)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        sample, position = levels["sample"], levels["position"]
        distractors = {f"test_{k}": another(sample, self.n_stimuli, rng) for k in self._numbers}
        return levels | {
            name: np.where(position == k, sample, distractor)
            for k, (name, distractor) in enumerate(distractors.items(), start=1)
        }

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        shown = around(self.ring, self.n_stimuli)
        canvas.add("fixation", 1.0, *canvas.periods)
        canvas.add("stimulus", shown[conditions["sample"]], "sample")
        for k in self._numbers:
            canvas.add("stimulus", shown[conditions[f"test_{k}"]], f"test {k}")
            canvas.target((conditions["position"] == k).astype(int), f"test {k}")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """At each test, weigh all samples, matches and distractors so far by their likelihood."""
        names = ("sample", *(f"test {k}" for k in self._numbers))
        logs = log_likelihoods(self, batch, "stimulus", around(self.ring, self.n_stimuli), *names)
        return self.respond(batch, *(match.astype(int) for match in self._matches(logs)))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy tests."""
        templates = around(self.ring, self.n_stimuli)

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            drawn = self.draw(rng, n)
            logs = [simulated_logs(self, templates, drawn["sample"], self.sample_ms, rng)]
            logs += [simulated_logs(self, templates, drawn[f"test_{k}"], self.test_ms, rng) for k in self._numbers]
            matches = zip(self._numbers, self._matches(logs), strict=True)
            return np.array([match == (drawn["position"] == k) for k, match in matches])

        return ceiling_in_parts(self.n_tests, simulate)

    def _matches(self, logs: list[np.ndarray]) -> list[np.ndarray]:
        """Whether each test is more probably the match, given all that was seen until then, (B,) each.

        For each sample: the probability that it was shown and not matched yet, and that it was matched before.
        """
        not_yet = likelihood(logs[0])
        before = np.zeros_like(not_yet)
        matches = []
        for k, log in zip(self._numbers, logs[1:], strict=True):
            now = self._p_match * not_yet * likelihood(log)
            distracts = likelihood_of_another(likelihood(log))
            p_later = self.catch + self._p_match * (self.n_tests - k)
            otherwise = (before + p_later * not_yet) * distracts
            matches.append(now.sum(axis=1) > otherwise.sum(axis=1))
            before, not_yet = before * distracts + now, not_yet * distracts
        return matches

    @property
    def _numbers(self) -> range:
        return range(1, self.n_tests + 1)

    @property
    def _p_match(self) -> float:
        return (1 - self.catch) / self.n_tests


@dataclass(frozen=True, kw_only=True)
class DualDelayMatchSample(PaintedTask):
    """Keep two items in mind; a cue says which one the next test is about, then another cue and another test follow.

    The second cue is independent of the first: the item that was not cued must be kept as well. One who ignores the cue
    earns 75 %.

    :channels: fixation; upper (ring of 4); lower (ring of 4); cue (upper, lower); test (ring of 4)
    :responses: fixate, match, non-match
    :timing: fixation 200, sample 300, delay 200-400 (x2), cue 200 (x2), wait 200 (x2), test 200 (x2), decision 200 (x2)
        ms
    :scoring: the class chosen in decision; chance 50 %, ceiling 100 %

    Attributes:
        n_stimuli: Number of stimuli, angles spread evenly over the circle, the same for both items.
        ring: The population that sees an item, one for each place and one for the tests.
        delay_ms: Delay before each cue.
        wait_ms: Delay between each cue and its test.
    """

    n_stimuli: int = 2
    ring: Ring = field(default_factory=lambda: Ring(4))
    fixation_ms: Duration = 200
    sample_ms: Duration = 300
    delay_ms: Duration = Uniform(200, 400)
    cue_ms: Duration = 200
    wait_ms: Duration = 200
    test_ms: Duration = 200
    decision_ms: Duration = 200

    family = "working memory"
    source = "Rose et al. 2016, Science, doi:10.1126/science.aah7011"
    contrasts = ("cue_1", "match_1", "cue_2", "match_2")
    periods = ("fixation", "sample", "delay", "cue", "wait", "test", "decision")
    essential = ("sample", "cue", "test")
    informative = "test"

    def check(self) -> None:
        check_count("n_stimuli", self.n_stimuli)

    def channels(self) -> Channels:
        return {"fixation": 1, "upper": self.ring, "lower": self.ring, "cue": PLACES, "test": self.ring}

    def responses(self) -> tuple[str, ...]:
        return ("fixate", "match", "non-match")

    def durations(self) -> Mapping[str, Duration]:
        repeated = {f"{name} {k}": getattr(self, f"{name}_ms") for k in (1, 2) for name in self.periods[2:]}
        return {"fixation": self.fixation_ms, "sample": self.sample_ms, **repeated}

    def factors(self) -> Mapping[str, Factor]:
        """The two items, which of them each cue is for, 0 the upper or 1 the lower, and whether its test matches."""
        item, cue, match = Levels(range(self.n_stimuli)), Levels((0, 1)), Levels((True, False))
        return {"upper": item, "lower": item, "cue_1": cue, "match_1": match, "cue_2": cue, "match_2": match}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        tests = {}
        for k in (1, 2):
            item = np.where(levels[f"cue_{k}"] == 0, levels["upper"], levels["lower"])
            tests[f"test_{k}"] = np.where(levels[f"match_{k}"], item, another(item, self.n_stimuli, rng))
        return levels | tests

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        shown = around(self.ring, self.n_stimuli)
        canvas.add("fixation", 1.0, *(name for name in canvas.periods if not name.startswith("decision")))
        for place in PLACES:
            canvas.add(place, shown[conditions[place]], "sample")
        for k in (1, 2):
            canvas.add("cue", np.eye(2)[conditions[f"cue_{k}"]], f"cue {k}")
            canvas.add("test", shown[conditions[f"test_{k}"]], f"test {k}")
            canvas.target(np.where(conditions[f"match_{k}"], 1, 2), f"decision {k}")

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Weigh all items, cues and tests so far by their likelihood, answer with the likelier of match and not."""
        shown = around(self.ring, self.n_stimuli)
        items = [log_likelihoods(self, batch, place, shown, "sample")[0] for place in PLACES]
        cues = log_likelihoods(self, batch, "cue", np.eye(2), "cue 1", "cue 2")
        tests = log_likelihoods(self, batch, "test", shown, "test 1", "test 2")
        return self.respond(batch, *(np.where(match, 1, 2) for match in self._matches(items, cues, tests)))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer: its decision rule on 100,000 noisy tests."""
        shown = around(self.ring, self.n_stimuli)

        def simulate(n: int, rng: np.random.Generator) -> np.ndarray:
            drawn = self.draw(rng, n)
            items = [simulated_logs(self, shown, drawn[place], self.sample_ms, rng) for place in PLACES]
            cues = [simulated_logs(self, np.eye(2), drawn[f"cue_{k}"], self.cue_ms, rng) for k in (1, 2)]
            tests = [simulated_logs(self, shown, drawn[f"test_{k}"], self.test_ms, rng) for k in (1, 2)]
            matches = self._matches(items, cues, tests)
            return np.array([match == drawn[f"match_{k}"] for k, match in enumerate(matches, start=1)])

        return ceiling_in_parts(2, simulate)

    def _matches(
        self, items: list[np.ndarray], cues: list[np.ndarray], tests: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whether each test more probably matches the item it is about, given all that was seen until then, (B,) each.

        The first test is informative about its item too, since half of the tests match.
        """
        item = np.stack([posterior(log) for log in items])  # (2, B, k)
        cued_1, cued_2 = (posterior(log).T for log in cues)  # (2, B)
        same_1, same_2 = (likelihood(log) for log in tests)
        other_1, other_2 = likelihood_of_another(same_1), likelihood_of_another(same_2)
        speaks_1 = (item * (same_1 - other_1)).sum(axis=-1)  # (2, B)
        speaks_2 = (item * (same_2 - other_2)).sum(axis=-1)
        seen_1 = (item * (same_1 + other_1)).sum(axis=-1)
        both = (item * (same_1 + other_1) * (same_2 - other_2)).sum(axis=-1)
        first = (cued_1 * speaks_1).sum(axis=0)
        second = (cued_1 * cued_2 * both).sum(axis=0) + (cued_1 * seen_1 * cued_2[::-1] * speaks_2[::-1]).sum(axis=0)
        return first > 0, second > 0
