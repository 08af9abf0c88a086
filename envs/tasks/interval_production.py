"""Producing an interval: what the tasks share whose answer is a moment."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from ..canvas import Canvas
from ..durations import Duration, array_in_bins, in_bins
from ..factors import Conditions
from ..painted_task import PaintedTask
from ..responses import during, first_response, respond
from ..task import Seed
from ..trial import TrialBatch


@dataclass(frozen=True, kw_only=True)
class ProductionTask(PaintedTask):
    """Respond when an interval has passed since the onset of the period ``production``.

    The interval is the condition ``production`` (ms), the class of the right response the condition ``effector``, 1
    where there is none. The response is the first bin in which another output than the first is the largest; it may
    be early or late by ``tolerance``, rounded down to bins.
    """

    tolerance: float = 0.15
    fixation_ms: Duration = 200
    pulse_ms: float = 100.0
    go_ms: float = 200.0
    grace_ms: float = 0.0
    response_weight: float = 1.0

    family = "timing"
    response_period = "production"
    timed = True

    @abstractmethod
    def produced(self) -> tuple[np.ndarray, np.ndarray]:
        """Intervals that may have to be produced (ms), and their probabilities."""

    def check(self) -> None:
        if not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance is {self.tolerance!r}; allowed: in (0, 1).")
        if in_bins(self.go_ms, self.dt, "go_ms") < 2:
            raise ValueError(f"go_ms is {self.go_ms:g}; it takes two bins of {self.dt:g} ms to teach a response.")
        shortest = self.produced()[0].min()
        if not shortest > 0:
            raise ValueError("the shortest interval to be produced takes no bin; check interval_ms, and gain if any.")
        last = shortest + self.slack(shortest) + self.go_ms
        if not 1 <= in_bins(self.pulse_ms, self.dt, "pulse_ms") <= last / self.dt:
            raise ValueError(
                f"pulse_ms is {self.pulse_ms:g}; allowed: at least one bin of {self.dt:g} ms, and at most {last:g}, "
                "when the shortest trial ends."
            )

    def slack(self, production: np.ndarray | float) -> np.ndarray:
        """Accepted error (ms)."""
        return np.floor(self.tolerance * production / self.dt + 1e-6) * self.dt

    def accepts(self, moment: np.ndarray, production: np.ndarray) -> np.ndarray:
        """Whether a moment (ms) is that at which the interval has passed, or within the tolerance of it."""
        return np.abs(moment - production) < self.slack(production) + self.dt / 2

    def production_ms(self, conditions: Conditions) -> np.ndarray:
        """Duration of the production (ms): until the last accepted moment, and ``go_ms`` more."""
        return conditions["production"] + self.slack(conditions["production"]) + self.go_ms

    def paint_pulse(self, canvas: Canvas, group: str, period: str) -> None:
        """Show a pulse at the onset of a period."""
        start, width = canvas.span(period)[0], in_bins(self.pulse_ms, self.dt, "pulse_ms")
        canvas.add_course(group, during(len(canvas.inputs), (start, start + width))[..., None])

    def paint_answer(self, canvas: Canvas, conditions: Conditions) -> None:
        """Set the answer from the moment at which the interval has passed, no weight where both answers are right."""
        (start, end), production = canvas.span("production"), conditions["production"]
        due, slack = (array_in_bins(ms, self.dt, "production") for ms in (production, self.slack(production)))
        due = start + due
        np.copyto(canvas.targets, conditions.get("effector", 1), where=during(len(canvas.targets), (due, end)))
        canvas.mask[during(len(canvas.mask), (due - slack, due + slack + 1))] = 0.0

    def respond_at(
        self, batch: TrialBatch, moment: np.ndarray, choice: np.ndarray | int = 1, since: str = "production"
    ) -> np.ndarray:
        """Outputs (T, B, n_out) of one who responds at a moment (ms) since a period's onset, not before production."""
        due = batch.periods["production"][0]
        go = np.maximum(batch.periods[since][0] + np.rint(moment / batch.dt), due)
        return respond(self.hold(batch), np.broadcast_to(choice, batch.batch_size), (go, batch.lengths))

    def best_moment(self, posterior: np.ndarray, production: np.ndarray, onset: np.ndarray | float = 0.0) -> np.ndarray:
        """The moment (ms) most likely to be accepted, (B,), given the probability (B, K) of each interval.

        Under hypothesis k the interval ``production`` (K,) begins at ``onset`` (K,). Among moments that are as good
        as equal the answer is the one nearest to the interval's end.
        """
        end = onset + production
        moments = np.arange(end.min(), end.max() + self.dt / 2, self.dt)
        miss = np.abs(moments - end[:, None])
        value = (miss < self.slack(production)[:, None] + self.dt / 2) - 1e-6 * miss / production[:, None]
        return moments[(posterior @ value).argmax(axis=1)]

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Respond at the one moment that is most often right, with any effector."""
        effector = self.draw(np.random.default_rng(seed), batch.batch_size).get("effector", 1)
        return self.respond_at(batch, self.blind_moment(), effector)

    def blind_moment(self) -> np.ndarray:
        """The moment (ms) since the onset of production that is most often accepted, (1,)."""
        production, p = self.produced()
        return self.best_moment(p[None], production)

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """1 where the first response of the production is the right one and falls within the tolerance, (B,)."""
        span = batch.periods["production"]
        choice, first = first_response(self.checked(outputs, batch), span)
        right = choice == batch.conditions.get("effector", 1)
        moment = (first - span[0]) * batch.dt
        return (right & self.accepts(moment, batch.conditions["production"])).astype(float)

    @property
    def chance(self) -> float:
        """Proportion correct of one who responds at the same moment in all trials, the best one, with any effector."""
        production, p = self.produced()
        return float(p @ self.accepts(self.blind_moment(), production)) / (self.n_outputs - 1)
