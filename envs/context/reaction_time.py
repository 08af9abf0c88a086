"""A task that may be answered as soon as there is something to see, and whose trial ends with the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..durations import Duration, in_bins, is_random, pmf
from ..errors import ArgumentError
from ..factors import Conditions
from ..numbers import finite_number
from ..observers.optimal_stopping import StoppingPlan, plan_stopping
from ..painted_task import PaintedTask
from ..responses import Span, during, first_response, respond
from ..task import Task
from ..tasks.perceptual_decisions import EvidenceTask
from ..trial import TrialBatch
from ..typechecked import typechecked
from ..wrapped_task import WrappedTask
from .inner_task import check_one_choice
from .side_bias import SideBias

RESPONSE = "response"


@typechecked
@dataclass(frozen=True, kw_only=True)
class ReactionTime(WrappedTask):
    r"""A task with reaction times: a response counts from the first informative bin on, and ends the trial.

    All periods from the informative one on are one, "response"; what is shown stays as it is. The first class other
    than 0 is the response. A correct one after t seconds of the period scores :math:`1 - c\,t`, a wrong one 0. Without
    a cost the ideal observer takes all the time there is; with one it stops when waiting promises less than answering.

    Attributes:
        task: The task: one of choices, in which one period at most from the informative one on is of random duration.
        cost: Cost of time c (1/s). With a cost the task must be a decision between two streams of evidence, shown for
            as long in each trial.

    Source: Roitman & Shadlen 2002, doi:10.1523/JNEUROSCI.22-21-09475.2002; a cost of time as in Drugowitsch,
    Moreno-Bote, Churchland, Shadlen & Pouget 2012, doi:10.1523/JNEUROSCI.4010-11.2012.
    """

    cost: float = 0.0

    guess = Task.guess  # at once, in a response period that is not the inner one

    def __post_init__(self) -> None:
        """Refuse tasks without an informative period, and a cost that leaves a late answer nothing."""
        super().__post_init__()
        name = self.task.name
        if not self.task.scored_by_class:
            raise ArgumentError(f"ReactionTime needs a task whose class of response alone is scored; {name} is not.")
        if RESPONSE in [period for period in self._inside.durations() if period not in self._late]:
            raise ArgumentError(f"{name} has a period {RESPONSE!r} before there is anything to see.")
        random = [period for period, duration in self._late.items() if is_random(duration)]
        if len(random) > 1:
            raise ArgumentError(f"ReactionTime needs fixed durations; those of {' and '.join(random)} are random.")
        longest = sum(pmf(duration, self.dt, period)[0].max() for period, duration in self._late.items())
        longest *= self.dt / 1000
        if not 0 <= finite_number("cost", self.cost) < 1 / longest:
            raise ArgumentError(f"cost is {self.cost!r}; allowed: from 0 to below 1 / {longest:g} s, the longest time.")
        if self.cost > 0:
            two_streams = isinstance(self.task, EvidenceTask | SideBias) and isinstance(self._inside, EvidenceTask)
            if not two_streams or random[:1] == ["stimulus"]:
                raise ArgumentError(
                    f"a cost of time needs two streams of evidence and a fixed stimulus_ms, from which follows when to "
                    f"stop; {name} is not such a task."
                )
        new = {"timed": True, "response_period": RESPONSE, "correct_from": 1 - self.cost * float(longest)}
        for field, value in new.items():
            object.__setattr__(self, field, value)

    @cached_property
    def _inside(self) -> PaintedTask:
        return check_one_choice(self.task, "ReactionTime")

    @cached_property
    def _late(self) -> dict[str, Duration]:
        """Periods from the informative one on, and their durations."""
        durations: dict[str, Any] = dict(self._inside.durations())
        names, informative = list(durations), self._inside.informative
        late = {name: durations[name] for name in names[names.index(informative) :]} if informative in names else {}
        if not late or any(callable(duration) for duration in late.values()):
            raise ArgumentError(
                f"ReactionTime needs a task with one informative period, and durations from it on that do not depend "
                f"on conditions; {self._inside.name} is not such a task."
            )
        return late

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        batch, n_early = self.task.lay_out(conditions, rng), len(self._inside.durations()) - len(self._late)
        periods = dict(list(batch.periods.items())[:n_early])
        start, stop = batch.periods[next(iter(self._late))][0], batch.lengths
        answer = batch.targets[stop - 1, np.arange(batch.batch_size)]
        grace = np.minimum(start + in_bins(self._inside.grace_ms, self.dt, "grace_ms"), stop)
        inside, weighed = during(len(batch.inputs), (start, stop)), during(len(batch.inputs), (grace, stop))
        mask = np.where(inside, weighed * np.float32(self._inside.response_weight), batch.mask)
        targets = np.where(inside, answer, batch.targets)
        return replace(batch, targets=targets, mask=mask, periods=periods | {RESPONSE: (start, stop)})

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Without a cost, answer last of all; with one, as soon as what is seen is worth more than what may follow."""
        own = self._own(batch)
        if self.cost == 0:
            return self.task.ideal(own)
        start, stop = own.periods["stimulus"]
        bins = start + np.arange((stop - start).max())[:, None]
        left, right = np.moveaxis(batch.inputs[..., self.input_groups["evidence"]], 2, 0)
        trials = np.arange(batch.batch_size)
        actions = self._plan.act(np.cumsum((left - right)[bins, trials], axis=0, dtype=np.float64))
        first = (actions > 0).argmax(axis=0)
        return respond(self.hold(batch), actions[first, trials], (start + first, batch.lengths))

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Whether the first response is correct, less the cost of its time, (B,)."""
        (span,) = batch.windows(RESPONSE)
        choice, moment = first_response(self.checked(outputs, batch), span)
        seconds = np.where(choice > 0, moment - span[0], 0) * self.dt / 1000
        return (choice == batch.targets[span[1] - 1, np.arange(batch.batch_size)]) * (1 - self.cost * seconds)

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the ideal observer: the task's own or, where time costs, that of the best stopping rule."""
        return self.task.ceiling if self.cost == 0 else self._plan.value

    @cached_property
    def _plan(self) -> StoppingPlan:
        assert isinstance(self._inside, EvidenceTask)
        known = self._inside.hypotheses()
        prior = known.prior * self.task.answers[known.answers] / self._inside.answers[known.answers]
        worth = 1 - self.cost * np.arange(pmf(self._late["stimulus"], self.dt, "stimulus_ms")[0][0]) * self.dt / 1000
        noise = max(self._inside.noise_std, 1e-3) * np.sqrt(2)
        return plan_stopping(known.means[:, 0] - known.means[:, 1], prior, known.answers, noise, worth)

    def _own(self, batch: TrialBatch) -> TrialBatch:
        """The batch with the periods of the task itself; the one that is random takes what the others leave."""
        begin, end = batch.periods[RESPONSE]
        bins = {name: None if is_random(d) else pmf(d, self.dt, name)[0][0] for name, d in self._late.items()}
        rest = end - begin - sum(n for n in bins.values() if n is not None)
        periods: dict[str, Span] = {name: span for name, span in batch.periods.items() if name != RESPONSE}
        for name, n in bins.items():
            periods[name] = (begin, begin + (rest if n is None else n))
            begin = periods[name][1]
        return replace(batch, periods=periods)
