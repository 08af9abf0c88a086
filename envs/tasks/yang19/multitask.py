"""Yang et al. 2019: all twenty tasks in one, the rule input telling which one it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ...arguments import plain_value
from ...durations import Duration, draw_bins
from ...factors import Conditions, Factor, Levels
from ...names import check_name
from ...trial import TrialBatch
from .one_rule import N_FOR_CEILING, OneRule
from .ring import RULES, Yang19Task
from .table import ONE_RULE
from .timings import YANG


@dataclass(frozen=True, kw_only=True)
class Multitask(Yang19Task):
    """Every trial follows one of the twenty rules, which the rule inputs show; one network learns them all.

    Durations are each task's own, unless one is set here: then all tasks that have the period take it.
    For other settings of single tasks, mix tasks of your own with :class:`Mixture`.

    :channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
    :responses: fixate, 0°, ..., 349° (33)
    :timing: fixation computed, stimulus computed, delay computed, test computed, wait computed, response computed
    :scoring: the outputs in response; chance 22 %, ceiling 100 %

    Attributes:
        rules: The rules that occur.
        weights: How often each of them occurs, relative to the others; equally often when None.
        rule_preset: Preset that the task of every rule takes its durations and stimuli from.
    """

    rules: Sequence[str] = RULES
    weights: Sequence[float] | None = None
    rule_preset: str | None = None
    fixation_ms: Duration | None = None
    stimulus_ms: Duration | None = None
    delay_ms: Duration | None = None
    test_ms: Duration | None = None
    wait_ms: Duration | None = None
    response_ms: Duration | None = None

    rule = "multitask"
    contrasts = ("rule",)
    periods = ("fixation", "stimulus", "delay", "test", "wait", "response")
    informative = "fixation"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "yang2019": YANG
        | {"rule_preset": "yang2019", "weights": tuple(5.0 if r in ("ctxdm1", "ctxdm2") else 1.0 for r in RULES)}
    }

    def check(self) -> None:
        super().check()
        for rule in self.rules:
            check_name("rule", rule, RULES)
        if not self.rules or len(set(self.rules)) < len(self.rules):
            raise ValueError(f"rules are {self.rules!r}; give at least one, each once.")
        if self.weights is not None:
            given = plain_value("weights", self.weights, Sequence[float])
            if len(given) != len(self.rules) or min(given) < 0 or not sum(given) > 0:
                raise ValueError(f"weights are {self.weights!r}; give one for each rule, not negative, not all 0.")
            object.__setattr__(self, "weights", given)
        self._tasks  # noqa: B018  # which refuse what makes no sense

    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Drawn with the conditions; 0 for a period that the task of a trial does not have."""
        return {period: lambda conditions, period=period: conditions[f"{period}_ms"] for period in self.periods}

    def factors(self) -> Mapping[str, Factor]:
        """The number of the rule among all twenty."""
        p = None if self.weights is None else self._p
        return {"rule": Levels([RULES.index(rule) for rule in self.rules], p)}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Draw every trial as its task does; conditions that a task does not have are 0."""
        n = len(levels["rule"])
        conditions: Conditions = {f"{period}_ms": np.zeros(n) for period in self.periods}
        # Also tasks without a trial in this batch: all batches have the same conditions.
        for rule, task in self._tasks.items():
            rows = np.flatnonzero(levels["rule"] == RULES.index(rule))
            own = task.draw(rng, len(rows))
            for period in task.periods:
                own[f"{period}_ms"] = draw_bins(task.duration(period), self.dt, period, rng, len(rows)) * self.dt
            for name, values in own.items():
                conditions.setdefault(name, np.zeros(n, values.dtype))[rows] = values
        return levels | conditions

    def rule_input(self, conditions: Conditions) -> np.ndarray:
        return np.eye(len(RULES))[conditions["rule"]]

    def stimuli(self, conditions: Conditions) -> dict[tuple[str, int], np.ndarray]:
        shown: dict[tuple[str, int], np.ndarray] = {}
        for task, rows in self._of_each_task(conditions["rule"]):
            for where, activity in task.stimuli({name: values[rows] for name, values in conditions.items()}).items():
                blank = np.zeros((len(conditions["rule"]), self.ring.n))
                shown.setdefault(where, blank)[rows] = activity
        return shown

    def lit(self, conditions: Conditions) -> np.ndarray:
        lit = np.zeros(len(conditions["rule"]), bool)
        for task, rows in self._of_each_task(conditions["rule"]):
            lit[rows] = task.lit({"answer": conditions["answer"][rows]})
        return lit

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Read the rule, then do as the ideal observer of its task does."""
        rules = np.array([RULES.index(rule) for rule in self.rules])
        seen = batch.inputs[..., self.input_groups["rule"]].sum(axis=0)[:, rules]
        outputs = np.empty((*batch.mask.shape, self.n_outputs), np.float32)
        for task, rows in self._of_each_task(rules[seen.argmax(axis=1)]):
            part = replace(
                batch,
                inputs=batch.inputs[:, rows],
                targets=batch.targets[:, rows],
                mask=batch.mask[:, rows],
                conditions={},
                periods={name: (start[rows], stop[rows]) for name, (start, stop) in batch.periods.items()},
            )
            outputs[:, rows] = task.ideal(part)
        return outputs

    def withheld(self, batch: TrialBatch) -> np.ndarray:
        withheld = np.zeros(batch.batch_size)
        for task, rows in self._of_each_task(batch.conditions["rule"]):
            withheld[rows] = 0.5 if task.withholds else 0.0
        return withheld

    @property
    def chance(self) -> float:
        """Mean of the tasks."""
        return float(self._p @ [task.chance for task in self._tasks.values()])

    @cached_property
    def ceiling(self) -> float:
        """Mean of the tasks; the rule inputs are never misread where a direction can be seen."""
        n = N_FOR_CEILING // len(self._tasks)
        return float(np.average([task.expected_score(n) for task in self._tasks.values()], weights=self._p))

    @property
    def _p(self) -> np.ndarray:
        """Probability of each rule."""
        weights = np.ones(len(self.rules)) if self.weights is None else np.array(self.weights)
        return weights / weights.sum()

    @cached_property
    def _tasks(self) -> dict[str, OneRule]:
        own = {field.name for field in fields(type(self))} - {"rules", "weights", "rule_preset"}
        given: dict[str, Any] = {name: getattr(self, name) for name in own if getattr(self, name) is not None}
        tasks = {}
        for rule in self.rules:
            task = ONE_RULE[rule]
            if self.rule_preset is not None:
                check_name(f"preset of {rule}", self.rule_preset, task.presets)
            preset = {} if self.rule_preset is None else dict(task.presets[self.rule_preset])
            names = {field.name for field in fields(task)}
            tasks[rule] = task(**preset | {name: value for name, value in given.items() if name in names})
        return tasks

    def _of_each_task(self, rule: np.ndarray) -> list[tuple[OneRule, np.ndarray]]:
        """Each task that occurs, and its trials."""
        rows = [(task, np.flatnonzero(rule == RULES.index(name))) for name, task in self._tasks.items()]
        return [(task, found) for task, found in rows if len(found)]
