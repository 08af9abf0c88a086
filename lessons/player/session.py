"""A person does a task: its trials bin by bin, what was pressed, what it scored."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...envs.errors import ArgumentError
from ...envs.gym.trial_env import TrialEnv
from ...envs.gym.trial_table import Table, check_choices, joined, named_conditions, with_previous
from ...envs.numbers import finite_number, whole_number
from ...envs.task import Task
from ..figures.conditions import wilson_interval
from .controls import controls_of

TRIALS, RESPONSE_MS, SLOWEST, PAUSE_MS, ECHO_MS = 20, 1000.0, 0.02, 600.0, 100.0


class PlaySession:
    """Trials of a task for a person, without a screen or a clock: they call :meth:`press` and :meth:`step`.

    Early keys, outside the response period, end no trial and cost nothing; they are counted and reported. In a
    closed-loop task a trial is a session of ``task.n_segments`` choices.

    Args:
        task: The task.
        n_trials: Number of trials; 20 when None, or one session of a closed-loop task.
        seed: Seed of the trials; fresh ones when None.
        speed: Pace, 1 being that of the networks; :func:`slowed` when None.

    Attributes:
        inputs: Inputs of this bin, (n_in,).
        period: Name of the period of this bin.
        running: Whether a trial is under way.
        number: Number of this trial, from 1.
        segment: Number of this segment of a closed-loop task, from 1.
        score: Sum of the scores of all responses so far.
        n_scored: Number of responses so far: trials, or several in each.
        reward: Reward of the closed-loop task so far.
        verdict: What to say of the trial that ended last.
        correct: Whether that trial was correct in everything.

    Raises:
        ValueError: If a person cannot answer the task, or an argument makes no sense.
    """

    def __init__(self, task: Task, n_trials: int | None = None, seed: int | None = None, speed: float | None = None):
        self.task, self.controls = task, controls_of(task)
        self.closed_loop = task.n_segments > 1
        default = 1 if self.closed_loop else TRIALS
        self.n_trials = whole_number("n_trials", default if n_trials is None else n_trials, minimum=1)
        self._seed = seed if seed is None else whole_number("seed", seed, minimum=0)
        self.speed = slowed(task) if speed is None else finite_number("speed", speed)
        if self.speed <= 0:
            raise ValueError(f"speed is {speed!r}; it must be above 0: 1 is the pace of the networks, 0.5 half of it.")
        rewards = {"correct": 1.0, "error": 0.0, "abort": 0.0, "miss": 0.0}
        self._env = TrialEnv(task, rewards=rewards, abort=False, render_mode="rgb_array")
        self.inputs, self.period, self.running = np.zeros(task.n_inputs, np.float32), "", False
        self.number = self.segment = self.n_scored = 0
        self.score = self.reward = 0.0
        self.verdict, self.correct = "", False
        self._since_key, self._rows = 0, list[dict[str, Any]]()

    @property
    def seconds_per_bin(self) -> float:
        """Time that a bin takes."""
        return self.task.dt / 1000 / self.speed

    @property
    def pause(self) -> float:
        """Time between two trials (s), for the verdict."""
        return PAUSE_MS / 1000 / self.speed

    @property
    def finished(self) -> bool:
        """Whether all trials are done."""
        return self.number == self.n_trials and not self.running

    @property
    def echo(self) -> str:
        """What was pressed just now or still holds, in words."""
        return self.controls.echo if self.controls.holds or self._since_key * self.task.dt <= ECHO_MS else ""

    def begin(self) -> None:
        """Begin the next trial."""
        self.inputs, self._info = self._env.reset(seed=self._seed)
        self._seed = None
        self.period, self.running = self._info["period"], True
        self.number, self.segment = self.number + 1, 1
        self._paid, self._early, self._asked, self._since_key = 0.0, 0, None, 10**6
        self._waited, self._reaction, self._began_early = 0, np.nan, 0
        self.verdict = ""
        self.controls.begin()

    def press(self, key: str) -> None:
        """Press a key in this bin; one that means nothing does nothing."""
        if self.running and self.controls.press(key):
            self._since_key = 0
            self._early += self.task.kind == "choice" and key not in ("space", " ", "0") and not self._answering

    def step(self) -> None:
        """End this bin: what was pressed in it is its action."""
        if self._answering:
            self._asked = self._info["target"]
        self._since_key += 1
        action = self.controls.take()
        if self._answering and self.task.kind == "choice":
            self._reaction = self._waited * self.task.dt if action and np.isnan(self._reaction) else self._reaction
            self._waited += 1
        self.inputs, reward, over, _, self._info = self._env.step(action)
        self.period, self.running = self._info["period"], not over
        self._paid += float(reward)
        if not self._info["ended"]:
            return
        self.correct = bool(self._info["correct"])
        self._write_down(float(reward))
        if self.closed_loop:
            self.score, self.n_scored = self.score + self.correct, self.n_scored + 1
            self.reward += self._info["outcome"]
            self.segment += not over
        else:
            self.score, self.n_scored = self.score + self._paid, self.n_scored + self._n_responses
        if over:
            self.verdict = self._judged()

    def table(self) -> Table:
        """The trials done so far, a row for each, with the columns of ``cogdyn.agents.behaviour``.

        Times are those of the task: at speed 0.5 they take twice as long. A trial with a key too early is ``aborted``,
        though it ran on.

        Raises:
            ArgumentError: If the task is not one of single choices, or no trial is done.
        """
        check_choices(self.task)
        if not self._rows:
            raise ArgumentError("no trial was done to its end, so that there is nothing to save.")
        return with_previous(joined([{name: np.array([value]) for name, value in row.items()} for row in self._rows]))

    def _write_down(self, reward: float) -> None:
        """Keep what is to be said of the trial, or segment, that has just ended."""
        if self.task.kind != "choice":
            return
        session, trial = (self.number, int(self._info["segment"]) + 1) if self.closed_loop else (1, self.number)
        self._rows.append(
            {
                "session": session,
                "trial": trial,
                "choice": self._info["choice"],
                # Where the moment counts, a right choice may end the trial before its target is due.
                "answer": self._info["choice"] if self.correct else self._asked,
                "correct": self.correct,
                "aborted": self._early > self._began_early,
                "reaction_ms": self._reaction,
                "reward": reward,
            }
            | named_conditions(self._info["trial_condition"])
        )
        self._waited, self._reaction, self._began_early = 0, np.nan, self._early

    def picture(self) -> np.ndarray:
        """The trial that ended last, with what was answered, as an image (H, W, 3) uint8."""
        picture = self._env.render()
        assert picture is not None
        return picture

    def whereabouts(self) -> str:
        """Which trial this is, in a few words."""
        if not self.closed_loop:
            return f"trial {self.number} of {self.n_trials}"
        return f"session {self.number} of {self.n_trials}, choice {self.segment} of {self.task.n_segments}"

    def tally(self) -> str:
        """The score so far, in a few words."""
        if self.n_scored == 0:
            return ""
        if self.closed_loop:  # which choices were right is for the player to find out
            return f"earned {self.reward:g} in {self.n_scored}"
        return f"{_percent(self.score / self.n_scored)} of {self.n_scored} right"

    def summary(self) -> list[str]:
        """The score next to chance and the ideal observer's, in lines to print."""
        if self.n_scored == 0:
            return ["No trial was done to its end."]
        low, high = wilson_interval(self.score, self.n_scored)
        what = "choices" if self.closed_loop else "trials" if self._n_responses == 1 else "responses"
        return [
            f"your score      {_percent(self.score / self.n_scored):>6}  of {self.n_scored} {what} "
            f"(95 % interval {_percent(low)} to {_percent(high)})",
            f"chance          {_percent(self.task.chance):>6}",
            f"ideal observer  {_percent(self.task.ceiling):>6}",
        ]

    @property
    def _answering(self) -> bool:
        asked = self.task.response_period
        return self.running and asked in (self.period, self.period.rstrip("0123456789 "))

    @property
    def _n_responses(self) -> int:
        return int(np.size(self._info.get("choice", 0)))

    def _judged(self) -> str:
        if self.closed_loop:
            return f"session over, {self.reward:g} earned in {self.task.n_segments} choices"
        text = "correct" if self.correct else self._wrong()
        if self._early:
            text += f"; {self._early} key{'s' * (self._early > 1)} too early"
        return text

    def _wrong(self) -> str:
        if self._n_responses > 1:
            return f"{self._paid:g} of {self._n_responses} right"
        if self.task.kind != "choice":
            return f"{_percent(self._paid)} of the response right" if self._paid > 0 else "wrong"
        choice = self._info["choice"]
        if self.task.timed and not self.task.scored_by_class:
            return "wrong moment" if choice else "wrong: no answer came"
        names = self.task.output_names
        verdict = f"wrong: you answered {names[choice]}" if choice else "wrong: no answer came"
        return verdict if self._asked is None or self.task.timed else f"{verdict}; it was {names[int(self._asked)]}"


def slowed(task: Task) -> float:
    """Half the pace of the networks, or less, so that the shortest response period lasts a second for a person."""
    if task.timed:
        return 0.5
    batch = task.sample(64, seed=0)
    shortest = min((stop - start).min() for start, stop in batch.windows(task.response_period)) * task.dt
    return float(np.clip(round(shortest / RESPONSE_MS, 2), SLOWEST, 0.5))


def instructions(session: PlaySession) -> list[tuple[str, str]]:
    """Keys and what they do, in order."""
    return [*session.controls.keys.items(), ("q", "quit")]


def session_in_words(session: PlaySession) -> str:
    """Length and pace of a session, in a sentence."""
    n = session.n_trials
    unit = "session" if session.closed_loop else "trial"
    count = f"{n} {unit}{'s' * (n > 1)}" + (f" of {session.task.n_segments} choices" if session.closed_loop else "")
    return f"{count}; a second of the task takes {1 / session.speed:.1f} s."


def _percent(fraction: float) -> str:
    return f"{fraction:.1%}"
