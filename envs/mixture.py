"""Trials of several tasks, mixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import cast

import numpy as np

from .channels import Channels
from .factors import Conditions, Factor, Levels
from .ring import Ring
from .task import Seed, Task
from .trial import Kind, TrialBatch, occurring
from .typechecked import typechecked

N_FOR_CEILING = 10_000


@typechecked
@dataclass(frozen=True, kw_only=True)
class Mixture(Task):
    """Each trial is one of several tasks; groups of channels and outputs of the same name are shared.

    The response period of each task is named "response". Conditions of the same name are one, and 0 in trials of
    tasks that have none; ``"task"`` is the number of the task. Class 0, to fixate or wait, is shared; choosing a
    class of another task scores nothing.

    Attributes:
        tasks: The tasks, with one dt and kind, all open loop, with equally many responses.
        weights: Probability of each task, in any unit; equal when None.
        cue: Whether inputs "task" show which one it is. Without them all must be settings of one task, and the
            ideal observer takes every trial for one of the last setting.
    """

    tasks: Sequence[Task]
    weights: Sequence[float] | None = None
    cue: bool = True
    kind: Kind = field(init=False)
    timed: bool = field(init=False)
    dt: float = field(init=False)

    family = "mixture"
    source = "Yang, Joglekar, Song, Newsome & Wang 2019, Nat Neurosci, doi:10.1038/s41593-018-0310-2"
    response_period = "response"
    contrasts = ("task",)

    def __post_init__(self) -> None:
        """Refuse tasks that cannot be mixed."""
        object.__setattr__(self, "tasks", tuple(self.tasks))
        weights = np.ones(len(self.tasks)) if self.weights is None else np.asarray(self.weights, float)
        if not self.tasks or weights.shape != (len(self.tasks),) or not (weights >= 0).all() or not weights.sum() > 0:
            raise ValueError(
                f"there are {len(self.tasks)} tasks and weights {self.weights!r}; needed: a task or more, and a weight "
                "of at least 0 for each."
            )
        # Those that add up to 1 but for rounding are kept, so that they are the same when given again.
        weights = weights if abs(weights.sum() - 1) < 1e-12 else weights / weights.sum()
        object.__setattr__(self, "weights", tuple(weights.tolist()))
        for name in ("dt", "kind", "timed", "n_segments"):
            values = [getattr(task, name) for task in self.tasks]
            if len(set(values)) > 1:
                told = ", ".join(f"{task.name} {value}" for task, value in zip(self.tasks, values, strict=True))
                raise ValueError(f"tasks of one mixture need the same {name}; given: {told}.")
            if name != "n_segments":
                object.__setattr__(self, name, values[0])
        if self.tasks[0].n_segments > 1:
            raise ValueError("closed-loop tasks cannot be mixed: their sessions differ in what follows a choice.")
        for task, conditions in zip(self.tasks, self._own_conditions, strict=True):
            if "task" in conditions or "task" in task.channels():
                raise ValueError(
                    f"{task.name} has a condition or channels 'task' of its own, as a mixture has. Mixtures cannot be "
                    "mixed: give all their tasks to one."
                )
        if not self.cue and len({(type(task), task.input_names, task.output_names) for task in self.tasks}) > 1:
            raise ValueError("without a cue all tasks must be settings of one, with the same channels; use cue=True.")
        _ = self._columns, self._merged_periods  # refuse what does not fit together now, not at the first sample

    def channels(self) -> Channels:
        groups: dict[str, int | tuple[str, ...] | Ring] = {}
        for task in self.tasks:
            for name, kind in task.channels().items():
                if groups.setdefault(name, kind) != kind:
                    raise ValueError(f"channels {name!r} are {groups[name]} in one task and {kind} in {task.name}.")
        return groups | {"task": self.labels} if self.cue else groups

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each task; numbered where the same task occurs with several settings."""
        names = [task.name for task in self.tasks]
        return tuple(f"{n} {i + 1}" if names.count(n) > 1 else n for i, n in enumerate(names))

    def responses(self) -> tuple[str, ...]:
        first = self.tasks[0].output_names[0]
        if self.kind == "choice":
            return (first, *dict.fromkeys(name for task in self.tasks for name in task.output_names[1:]))
        return tuple(dict.fromkeys(name for task in self.tasks for name in task.output_names))

    def factors(self) -> Mapping[str, Factor]:
        """The number of the task, and what all tasks draw alike."""
        first, *others = (task.factors() for task in self.tasks)
        alike = {name: factor for name, factor in first.items() if all(own.get(name) == factor for own in others)}
        return {"task": Levels(range(len(self.tasks)), self.weights)} | alike

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        return self.draw_with({}, rng, n)

    def draw_with(self, fixed: Conditions, rng: np.random.Generator, n: int) -> Conditions:
        which = rng.choice(len(self.tasks), n, p=cast(Sequence[float], self.weights))
        conditions: Conditions = {"task": fixed.get("task", which).astype(which.dtype)}
        which = conditions["task"]
        for number, task in enumerate(self.tasks):
            mine = np.flatnonzero(which == number)
            own = {name: values[mine] for name, values in fixed.items() if name != "task" and len(mine)}
            for name, values in task.draw_with(own, rng, max(len(mine), 1)).items():
                known = conditions.get(name, np.zeros(n, values.dtype))
                conditions[name] = known.astype(np.result_type(known, values))
                conditions[name][mine] = values[: len(mine)]
        return conditions

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        which = conditions["task"]
        parts = [(i, np.flatnonzero(which == i)) for i in range(len(self.tasks))]
        painted = [
            (i, mine, self.tasks[i].lay_out(self._own(i, conditions, mine), rng)) for i, mine in parts if len(mine)
        ]
        n_bins, n = max(len(batch.inputs) for _, _, batch in painted), len(which)
        inputs, mask = np.zeros((n_bins, n, self.n_inputs), np.float32), np.zeros((n_bins, n), np.float32)
        shape = (n_bins, n) if self.kind == "choice" else (n_bins, n, self.n_outputs)
        targets = np.zeros(shape, np.int64 if self.kind == "choice" else np.float32)
        lengths = {name: np.zeros(n, np.int64) for name in self._merged_periods}
        for i, mine, batch in painted:
            t, (columns, outputs) = len(batch.inputs), self._columns[i]
            inputs[:t, mine[:, None], columns] = batch.inputs
            mask[:t, mine] = batch.mask
            if self.kind == "choice":
                targets[:t, mine] = outputs[batch.targets]
            else:
                targets[:t, mine[:, None], outputs] = batch.targets
            for name, (start, stop) in batch.periods.items():
                lengths[self._own_periods[i][name]][mine] = stop - start
        stops = np.cumsum(list(lengths.values()), axis=0)
        if self.cue:
            during = np.arange(n_bins)[:, None] < stops[-1]
            inputs[..., self.input_groups["task"]] = during[..., None] * np.eye(len(self.tasks))[which]
        spans = zip(lengths, stops - np.array(list(lengths.values())), stops, strict=True)
        periods = {name: (start, stop) for name, start, stop in spans}
        return TrialBatch(inputs, targets, mask, dict(conditions), periods, self.dt, self.kind)

    @typechecked
    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Read the cue, and be the ideal observer of that task."""
        if self.cue:
            which = batch.inputs[0, :, self.input_groups["task"]].argmax(axis=1)
        else:
            which = np.full(batch.batch_size, len(self.tasks) - 1)
        return self._each(batch, which, lambda task, part: task.ideal(part))

    @typechecked
    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return self._each(batch, batch.conditions["task"], lambda task, part: task.guess(part, rng))

    @typechecked
    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Correctness of the response, (B,), as the task of each trial has it."""
        outputs = self.checked(outputs, batch)
        choices = self.choices(outputs, batch) if self.kind == "choice" else []
        scores = super().score(outputs, batch) if choices else np.zeros(batch.batch_size)
        for i, (_, own) in enumerate(self._columns):
            mine = np.flatnonzero(batch.conditions["task"] == i)
            if len(mine) and not self.tasks[i].scored_by_class:
                part = self._part(batch, i, mine)
                scores[mine] = self.tasks[i].score(outputs[: len(part.inputs), mine[:, None], own], part)
                scores[mine] *= np.mean([np.isin(choice[mine], own) for choice in choices], axis=0) if choices else 1
        return scores

    @property
    def answers(self) -> np.ndarray:
        p = np.zeros(self.n_outputs)
        for task, weight, (_, outputs) in zip(
            self.tasks, cast(Sequence[float], self.weights), self._columns, strict=True
        ):
            p[outputs] += weight * task.answers
        return p

    @property
    def chance(self) -> float:
        return float(np.dot(cast(Sequence[float], self.weights), [task.chance for task in self.tasks]))

    @cached_property
    def ceiling(self) -> float:
        """Mean ceiling of the tasks; without a cue, the score of the last one's observer on 10,000 trials."""
        if self.cue:
            return float(np.dot(cast(Sequence[float], self.weights), [task.ceiling for task in self.tasks]))
        batch = self.sample(N_FOR_CEILING, seed=0)
        return float(self.score(self.ideal(batch), batch).mean())

    @cached_property
    def _columns(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each task, the columns of its inputs and of its outputs."""
        found = []
        for task in self.tasks:
            inputs = [np.arange(self.n_inputs)[self.input_groups[group]] for group in task.channels()]
            names = task.output_names[1:] if self.kind == "choice" else task.output_names
            outputs = [self.output_names.index(name) for name in names]
            found.append((np.concatenate(inputs), np.array([0, *outputs] if self.kind == "choice" else outputs)))
        return found

    @cached_property
    def _merged_periods(self) -> list[str]:
        """All periods, in an order in which the periods of every task follow each other as they should."""
        graph: dict[str, set[str]] = {}
        counts = {len(occurring(names.values(), "response")) for names in self._own_periods}
        for names in (list(own.values()) for own in self._own_periods):
            graph |= {name: graph.get(name, set()) for name in names}
            for before, after in pairwise(names):
                graph[after].add(before)
        if len(counts) > 1:
            raise ValueError(f"tasks of one mixture need equally many responses; given: {sorted(counts)}.")
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise ValueError(f"the tasks have the same periods in different orders: {error.args[1]}.") from error

    @cached_property
    def _own_periods(self) -> list[dict[str, str]]:
        """Of each task, its periods in order, and what they are called here."""
        found = []
        for task in self.tasks:
            periods = task.sample(1, seed=0).periods
            renamed = dict.fromkeys(occurring(periods, task.response_period))
            called = {n: n.replace(task.response_period, "response", 1) if n in renamed else n for n in periods}
            found.append(called)
        return found

    @cached_property
    def _own_conditions(self) -> list[dict[str, np.dtype]]:
        """Of each task, its conditions and their types."""
        drawn = [task.draw(np.random.default_rng(0), 1) for task in self.tasks]
        return [{name: values.dtype for name, values in conditions.items()} for conditions in drawn]

    def _own(self, i: int, conditions: Conditions, mine: np.ndarray) -> Conditions:
        kinds = self._own_conditions[i].items()
        return {name: conditions[name][mine].astype(kind) for name, kind in kinds if name in conditions}

    def _part(self, batch: TrialBatch, i: int, mine: np.ndarray) -> TrialBatch:
        """The given trials as a batch of task i."""
        columns, outputs = self._columns[i]
        n_bins = int(batch.lengths[mine].max())
        spans = {name: batch.periods[called] for name, called in self._own_periods[i].items()}
        targets = batch.targets[:n_bins, mine]
        if self.kind == "choice":
            back = np.zeros(self.n_outputs, np.int64)
            back[outputs] = np.arange(len(outputs))
            targets = back[targets]
        else:
            targets = targets[..., outputs]
        return TrialBatch(
            inputs=batch.inputs[:n_bins, mine[:, None], columns],
            targets=targets,
            mask=batch.mask[:n_bins, mine],
            conditions=self._own(i, batch.conditions, mine),
            periods={name: (start[mine], stop[mine]) for name, (start, stop) in spans.items()},
            dt=self.dt,
            kind=self.kind,
        )

    def _each(self, batch: TrialBatch, which: np.ndarray, act: Callable[[Task, TrialBatch], np.ndarray]) -> np.ndarray:
        """Outputs (T, B, n_out) of one who acts in every trial as its task, number which (B,), wants it."""
        outputs = self.hold(batch)
        for i, task in enumerate(self.tasks):
            mine = np.flatnonzero(which == i)
            if len(mine):
                part = self._part(batch, i, mine)
                outputs[: len(part.inputs), mine[:, None], self._columns[i][1]] = act(task, part)
        return outputs
