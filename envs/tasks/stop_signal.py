"""Stopping: a response that is under way races against a signal to withhold it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..canvas import Canvas
from ..channels import Channels
from ..durations import Duration, Uniform, array_in_bins, in_bins
from ..factors import Conditions, Factor, Levels
from ..numbers import whole_number
from ..observers.ceilings import ceiling_of, misreading
from ..observers.ideal_observer import N_DRAWS, Hypotheses, course, precision_of_a_bin
from ..observers.sessions import SLIP, check_session, choose
from ..painted_task import PaintedTask
from ..responses import during, respond
from ..trial import TrialBatch
from .perceptual_decisions import SIDES


@dataclass(frozen=True, kw_only=True)
class RaceTask(PaintedTask):
    """An arrow asks for a response to its side, at any time until the deadline; a stop signal says to withhold it.

    The first response counts, and its time is measured: see :meth:`reaction_times`.
    """

    p_stop: float = 0.25
    response_ms: float = 600.0
    reaction_ms: float = 300.0

    family = "control"
    contrasts = ("side", "stop")
    periods = ("fixation", "response")
    informative = "response"
    response_period = "response"
    timed = True

    @abstractmethod
    def delays(self) -> Sequence[float]:
        """All stop-signal delays that may occur (ms)."""

    def check(self) -> None:
        if not 0 < self.p_stop < 1:
            raise ValueError(f"p_stop is {self.p_stop!r}; allowed: between 0 and 1.")
        if in_bins(self.reaction_ms, self.dt, "reaction_ms") >= self._n_bins:
            raise ValueError(f"reaction_ms is {self.reaction_ms:g}; it must be less than response_ms.")

    def channels(self) -> Channels:
        return {"fixation": 1, "arrow": ("left", "right"), "stop": 1}

    def responses(self) -> tuple[str, ...]:
        return ("withhold", "left", "right")

    def factors(self) -> Mapping[str, Factor]:
        """The stop-signal delay (ms) is drawn in go trials too, where nothing follows from it."""
        stop = Levels((True, False), (self.p_stop, 1 - self.p_stop))
        return {"side": SIDES, "stop": stop, "ssd": Levels(self.delays())}

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        stop, n = conditions["stop"], len(canvas.inputs)
        canvas.add("fixation", 1.0, "fixation")
        canvas.add("arrow", np.eye(2)[conditions["side"] - 1], "response")
        start, end = canvas.span("response")
        onset = np.where(stop, start + array_in_bins(conditions["ssd"], self.dt, "ssd_ms"), end)
        canvas.add_course("stop", during(n, (onset, end))[..., None])
        due = start + in_bins(self.reaction_ms, self.dt, "reaction_ms")
        np.copyto(canvas.targets, np.where(stop, 0, conditions["side"]), where=during(n, (due, end)))
        canvas.mask[during(n, (start, np.where(stop, start, due)))] = 0.0

    @property
    def answers(self) -> np.ndarray:
        go = (1 - self.p_stop) / 2
        return np.array([self.p_stop, go, go])

    @property
    def _n_bins(self) -> int:
        return in_bins(self.response_ms, self.dt, "response_ms")

    @cached_property
    def _hypotheses(self) -> Hypotheses:
        """Each side with no stop signal, or with one after each delay; what is seen are the bins of the response."""
        n, n_delays = self._n_bins, len(self.delays())
        onsets = np.array([n, *(in_bins(ssd, self.dt, "ssd_ms") for ssd in self.delays())])
        side, onset = np.repeat([1, 2], 1 + n_delays), np.tile(onsets, 2)
        arrow = np.repeat(np.eye(2)[side - 1][:, None], n, axis=1).reshape(len(side), -1)
        means = np.concatenate([arrow, np.arange(n) >= onset[:, None]], axis=1)
        prior = np.tile([1 - self.p_stop, *[self.p_stop / n_delays] * n_delays], 2) / 2
        return Hypotheses(means, prior, np.where(onset < n, 0, side))

    def _seen(self, batch: TrialBatch, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What was seen from the onset of a response period (B,) on, and its precision, (B, 3n) each."""
        both = [course(self, batch, group, start, self._n_bins) for group in ("arrow", "stop")]
        seen, precision = (np.concatenate(parts, axis=1) for parts in zip(*both, strict=True))
        return seen, precision


@dataclass(frozen=True, kw_only=True)
class StopSignal(RaceTask):
    """An arrow asks for a fast response to its side. In some trials a stop signal follows: then withhold it.

    The first response after the arrow counts, and ends the trial: one that comes before the stop signal is an error all
    the same. The stop signal comes on a stop-signal delay after the arrow, and stays: the longer the delay, the less
    often the response can still be stopped. The ideal observer waits until the deadline, and is never caught. One who
    always gives the same answer earns 37.5 %, one who ignores the stop signal 75 %. :meth:`reaction_times` measures the
    responses, and :func:`cogdyn.agents.dynamics.stop_signal_reaction_time` how long it takes to stop one.

    :channels: fixation; arrow (left, right); stop
    :responses: withhold, left, right
    :timing: fixation 200-400, response 600 ms
    :scoring: the moment of the response in response; chance 33.3 %, ceiling 100 %

    Attributes:
        p_stop: Proportion of trials with a stop signal.
        ssd_ms: Stop-signal delays, one of which is drawn for each trial; all shorter than the response.
        response_ms: Deadline: how long after the onset of the arrow a response is taken.
        reaction_ms: When, after the arrow, supervised learning asks for the response in a go trial; an earlier one is
            right too, so that until then the bins of go trials carry no weight.
    """

    ssd_ms: Sequence[float] = (100, 200, 300, 400)
    fixation_ms: Duration = Uniform(200, 400)

    source = "Logan & Cowan 1984, Psychol Rev, doi:10.1037/0033-295X.91.3.295"

    def delays(self) -> Sequence[float]:
        return self.ssd_ms

    def check(self) -> None:
        super().check()
        late = [ssd for ssd in self.ssd_ms if in_bins(ssd, self.dt, "ssd_ms") >= self._n_bins]
        if late or len(self.ssd_ms) == 0:
            raise ValueError(
                f"ssd_ms are {self.ssd_ms!r}; give at least one, each less than response_ms = {self.response_ms:g}."
            )

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Wait for the last bin, then weigh no stop signal, and one from each delay on; likewise the sides."""
        start, stop = batch.periods["response"]
        posterior = self._hypotheses.posterior(*self._seen(batch, start))
        return respond(self.hold(batch), self._hypotheses.likeliest(posterior), (stop - 1, stop))

    @cached_property
    def ceiling(self) -> float:
        """Proportion correct of the ideal observer, in 100,000 simulated trials of a fixed seed."""
        hypotheses = self._hypotheses.reduced()
        precision = np.full(hypotheses.means.shape[1], precision_of_a_bin(self))
        truth, seen = hypotheses.simulate(np.random.default_rng(0), N_DRAWS, precision)
        return float(np.mean(hypotheses.likeliest(hypotheses.posterior(seen, precision)) == hypotheses.answers[truth]))


@dataclass(frozen=True, kw_only=True)
class StopSignalStaircase(RaceTask):
    """The stop-signal task with delays that follow how well one stops: longer after success, shorter after failure.

    A session is ``n_trials`` trials of :class:`StopSignal`, a segment each. After a stop signal that was obeyed the
    stop-signal delay grows by ``step_ms``, after one that was not it shrinks, so that about half of them are; one who
    waits for the signal only drives the delay up to the longest. One who always gives the same answer earns
    37.5 %, one who ignores the stop signal 75 %, one who goes by the response alone 100 %: nothing has to be
    remembered.

    :channels: fixation; arrow (left, right); stop
    :responses: withhold, left, right
    :timing: fixation 300, response 600 ms, 20 segments
    :scoring: the moment of the response in response; chance 33.3 %, ceiling 100 %

    Attributes:
        n_trials: Number of trials in a session.
        p_stop: Proportion of trials with a stop signal.
        first_ssd_ms: Stop-signal delay at the start of a session.
        step_ms: How much it grows or shrinks after a trial with a stop signal.
        longest_ssd_ms: It grows to this and no further; it must be shorter than the response. It shrinks to 0 at least.
        response_ms: Deadline: how long after the onset of the arrow a response is taken.
        reaction_ms: When, after the arrow, supervised learning asks for the response in a go trial; an earlier one is
            right too, so that until then the bins of go trials carry no weight.
    """

    n_trials: int = 20
    first_ssd_ms: float = 200.0
    step_ms: float = 40.0
    longest_ssd_ms: float = 480.0
    fixation_ms: Duration = 300

    source = "Verbruggen et al. 2019, eLife, doi:10.7554/eLife.46323"
    # Verbruggen, Logan & Stevens 2008, doi:10.3758/BRM.40.2.479, the program STOP-IT: its practice block.
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "verbruggen2008": {"dt": 25.0, "n_trials": 32, "fixation_ms": 250.0, "response_ms": 1250.0}
        | {"first_ssd_ms": 250.0, "step_ms": 50.0, "longest_ssd_ms": 1150.0, "reaction_ms": 500.0}
    }

    @property
    def n_segments(self) -> int:
        return self.n_trials

    def delays(self) -> Sequence[float]:
        below = np.arange(self.first_ssd_ms, -self.dt / 2, -self.step_ms)[::-1]
        above = np.arange(self.first_ssd_ms + self.step_ms, self.longest_ssd_ms + self.dt / 2, self.step_ms)
        return tuple(np.concatenate([below, above]).tolist())

    def check(self) -> None:
        super().check()
        check_session(self)
        whole_number("n_trials", self.n_trials, minimum=2)
        first, step, longest = (
            in_bins(getattr(self, name), self.dt, name) for name in ("first_ssd_ms", "step_ms", "longest_ssd_ms")
        )
        if not first <= longest < self._n_bins or step == 0:
            raise ValueError(
                f"first_ssd_ms is {self.first_ssd_ms:g}, step_ms {self.step_ms:g}, longest_ssd_ms "
                f"{self.longest_ssd_ms:g}; needed: first <= longest < response_ms = {self.response_ms:g}, step above 0."
            )

    def factors(self) -> Mapping[str, Factor]:
        """Side, and whether the signal comes; the delay (ms) is the first of the staircase."""
        return {**super().factors(), "ssd": Levels((self.first_ssd_ms,))}

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        """Nothing has been earned yet."""
        return levels | {"outcome": np.zeros(len(levels["side"]))}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Judge the response, move the delay after a stop signal, and draw the next trial."""
        stop, ssd, n = conditions["stop"], conditions["ssd"], len(choices)
        level = np.searchsorted(self.delays(), ssd - self.dt / 2)
        level += np.where(stop, np.where(choices == 0, 1, -1), 0)
        return {
            "side": rng.integers(1, 3, n),
            "stop": rng.random(n) < self.p_stop,
            "ssd": np.array(self.delays())[np.clip(level, 0, len(self.delays()) - 1)],
            "outcome": (choices == np.where(stop, 0, conditions["side"])).astype(float),
        }

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Wait for the last bin of each trial, then weigh all delays that the staircase may have reached."""
        outputs, hypotheses, n = self.hold(batch), self._hypotheses, len(self.delays())
        belief = np.tile(np.eye(n)[self.delays().index(self.first_ssd_ms)], (batch.batch_size, 1))
        for start, stop in batch.windows("response"):
            belief = (1 - SLIP) * belief + SLIP / n  # one who watches another does not know all responses
            prior = np.concatenate([np.full((len(belief), 1), 1 - self.p_stop), self.p_stop * belief], axis=1)
            posterior = hypotheses.posterior(*self._seen(batch, start), np.tile(prior / 2, 2))
            answer = hypotheses.likeliest(posterior)
            choose(outputs, answer, (stop - 1, stop))
            go, stopped = np.split(posterior.reshape(-1, 2, 1 + n).sum(axis=1), [1], axis=1)
            up, down = (np.zeros_like(belief) for _ in range(2))
            up[:, 1:], down[:, :-1] = stopped[:, :-1], stopped[:, 1:]
            up[:, -1] += stopped[:, -1]
            down[:, 0] += stopped[:, 0]
            belief = go * belief + np.where(answer[:, None] == 0, up, down)
        return outputs

    @cached_property
    def ceiling(self) -> float:
        """1, unless noise makes the ideal observer misread; then its mean score in 4,000 sessions."""
        left = self._n_bins - in_bins(max(self.delays()), self.dt, "ssd_ms")
        risk = misreading(self, np.eye(2), self._n_bins) + misreading(self, np.eye(2)[:, :1], left)
        return ceiling_of(self, exact=1.0, risk=self.n_trials * risk)
