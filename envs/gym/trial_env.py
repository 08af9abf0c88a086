"""The second door onto painted trials: a Gymnasium environment that replays them bin by bin."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded

from ..factors import Conditions
from ..names import check_name
from ..task import Task
from ..trial import TrialBatch, join_segments
from ..typechecked import typechecked
from .actions import parse_choice, parse_vector
from .changes import check_replacement, read_options, refuse_argument
from .infos import Info
from .render import Window, draw_trial_so_far
from .replay import Pool
from .rewards import Responses, Rewards, judge, spaces_of, task_to_play
from .specs import JsonSpec


@typechecked
class TrialEnv(gym.Env[np.ndarray, Any]):
    """A task, one bin at a time: the observation is the input of a bin, the action the answer to it.

    Choices: action 0 fixates, any other responds. An action other than 0 outside the response period
    breaks fixation. The first one inside it is the response; it ends the trial, which ``task.score``
    judges. Where none comes the trial runs to its end. In a trial with several response periods each response
    is paid for when it is given, or at the end of its period where none is; the last one ends the trial.
    Continuous tasks run to their end and are judged by all actions.

    In a closed-loop task a trial is a session. Each of its segments runs its full length; the first action
    other than 0 in its response period is the choice, which is paid at the end of the segment as
    :class:`Rewards` says. Breaking fixation costs the ``abort`` reward but ends no session.

    An episode of ``trials_per_episode`` trials terminates; it is never truncated, and has no largest number of steps
    that is known before its durations are drawn. Where a wrapper needs one, as ``TimeAwareObservation``, give it:
    ``gym.make(id, max_episode_steps=200)``. ``reset(seed=s)`` begins with the trials of ``task.sample(64, seed=s)``,
    or the session of ``task.sample(1, seed=s)``; ``reset()`` continues with the next one. The 64 trials are painted at
    once: many environments take less memory as one :class:`TrialVectorEnv`.

    ``reset(options=...)`` takes conditions by name, as ``{"coherence": 0.064}``: the trial that begins has these,
    the other conditions are drawn. It also takes arguments of the task, as ``{"delay_ms": 5000}``, which keeps them.
    Assigning ``env.unwrapped.task``, or ``set_wrapper_attr("task", ...)``, changes the task from the next trial on.

    ``info`` has the same entries after each reset and step. Of the bin that the observation shows it has
    ``target``, ``period`` (its name) and ``condition`` (what was drawn for its trial). When an episode is over the
    observation and the target are zero. ``ended`` is true if a trial or a segment has just ended. Then
    ``correct``, ``choice`` (where actions are choices), ``trial`` (its number since the seed), ``trial_condition``
    and, in sessions, ``segment`` and ``outcome`` (what the choice was paid) describe it; else they are zero.

    Args:
        task: Name of a task, ``"module:name"`` of one of your own, or a task.
        trials_per_episode: Number of trials in an episode.
        rewards: What the ways in which a trial can end earn; a mapping may name only some of them.
        abort: Whether breaking fixation ends a trial.
        render_mode: ``"rgb_array"``, ``"human"`` or None.
        **task_arguments: Arguments of the task if it is given by name.

    Raises:
        ValueError: If an argument is unknown or makes no sense.
    """

    metadata: dict[str, Any] = {"render_modes": ["human", "rgb_array"], "render_fps": 50}  # noqa: RUF012
    block = 64
    spec = JsonSpec()  # type: ignore[assignment]

    def __init__(
        self,
        task: str | Task | dict[str, Any],
        *,
        trials_per_episode: int = 1,
        rewards: Rewards | Mapping[str, float] | None = None,
        abort: bool = True,
        render_mode: str | None = None,
        **task_arguments: Any,
    ):
        made = task_to_play(task, trials_per_episode, task_arguments)
        self.trials_per_episode, self.rewards, self.abort = trials_per_episode, Rewards.of(rewards), abort
        if render_mode is not None:
            check_name("render_mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "render_fps": 1000 / made.dt}
        self.observation_space, self.action_space = spaces_of(made)
        self._closed_loop = made.n_segments > 1
        self._pool = Pool(made, self.block)
        self._window: Window | None = None
        self._playing, self._number = False, -1

    @property
    def task(self) -> Task:
        """The task of all trials that begin from now on; may be set to one with the same spaces and infos."""
        return self._pool.task

    @task.setter
    def task(self, task: Task) -> None:
        check_replacement(self.task, task)
        self._change_task(task)

    def __setattr__(self, name: str, value: Any) -> None:
        refuse_argument(self, name)
        super().__setattr__(name, value)

    def set_wrapper_attr(self, name: str, value: Any, *, force: bool = True) -> bool:
        """Set an attribute; an argument of the task is refused, where a wrapper would keep it to itself."""
        refuse_argument(self, name)
        return super().set_wrapper_attr(name, value, force=force)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_window": None}

    @typechecked
    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[np.ndarray, Info]:
        """Begin an episode with the next trial or, with a seed, with the first trial of that seed.

        Args:
            seed: Seed of the trials that are painted from now on.
            options: Conditions of the trial that begins; arguments of the task, which keeps them.

        Raises:
            ArgumentError: If an option is unknown or its value not allowed.
        """
        task, fixed = read_options(self.task, options)
        super().reset(seed=seed)
        if task is not self.task:
            self._change_task(task)
        elif seed is not None:
            self._pool = Pool(task, self.block)
        if seed is not None:
            self._number = -1
        self._left, self._playing = self.trials_per_episode, True
        self._next_trial(fixed)
        if self.render_mode == "human":
            self.render()
        return self._observation(), self._info()

    def replay_from(self, pool: Pool) -> None:
        """Take the trials from this stock from now on, which other environments may share; a seed ends that."""
        self._pool = pool

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, Info]:
        """Answer the bin last seen, and see the next one.

        Raises:
            ValueError: If the action is not in the action space.
            ResetNeeded: If no episode is running.
        """
        if not self._playing:
            raise ResetNeeded("no episode is running; call reset().")
        action = (parse_choice if self._played.kind == "choice" else parse_vector)(self._played, action)
        self._actions.append(action)
        reward, aborted, responded = 0.0, False, False
        if self._played.kind == "choice" and action:
            spans = enumerate(self._windows)
            window = next((i for i, (start, stop) in spans if start <= self._bin < stop), None)
            if window is None:
                reward, aborted = self.rewards.abort, self.abort and not self._closed_loop
            elif self._choices[window] == 0:
                self._choices[window], self._moments[window] = action, self._bin
                responded = window == len(self._windows) - 1 and not self._closed_loop
                if self._pays_each:
                    reward = self._paid(action == self._answers[window])
        self._bin += 1
        if self._pays_each:
            ended = (i for i, (_, stop) in enumerate(self._windows) if stop == self._bin and not self._choices[i])
            reward += sum(self._paid(self._answers[i] == 0, response=False) for i in ended)
        ended = aborted or responded or self._bin == self._length
        verdict: Info = {}
        if ended:
            earned, verdict = self._judge(aborted)
            reward += earned
            self._go_on()
        if self.render_mode == "human":
            self.render()
        return self._observation(), reward, not self._playing, False, self._info() | verdict

    def render(self) -> np.ndarray | None:  # type: ignore[override]
        """Draw the trial so far, of a session this segment and the two before it."""
        if self.render_mode is None:
            gym.logger.warn('there is nothing to render; make the environment with render_mode="rgb_array".')
            return None
        if self._number < 0:
            raise ResetNeeded("there is no trial to render; call reset().")
        shown = [*self._past, (self._trial, self._actions)]
        trial = join_segments([trial for trial, _ in shown]) if self._closed_loop else self._trial
        done = [action for _, actions in shown for action in actions]
        caption = f"trial {self._number}"
        if self._closed_loop:
            caption += f", segment {self._segment + 1} of {self._played.n_segments}"
        if not self._playing:
            caption += ", correct" if self._correct else ", not correct"
        picture = (self._played, trial, len(done) + self._playing, done, caption)
        if self.render_mode == "rgb_array":
            return draw_trial_so_far(*picture)
        self._window = self._window or Window()
        self._window.show(*picture)
        return None

    def close(self) -> None:
        """Close the window, where there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _change_task(self, task: Task) -> None:
        self._pool = Pool(task, self.block)
        self.metadata = {**self.metadata, "render_fps": 1000 / task.dt}

    def _next_trial(self, fixed: Conditions | None = None) -> None:
        self._number += 1
        self._played, rng = self._pool.task, self.np_random
        self._past: list[tuple[TrialBatch, list[Any]]] = []
        if self._closed_loop or fixed:
            self._segment = 0
            self._begin(self._played.lay_out(self._played.draw_with(fixed or {}, rng, 1), rng))
        else:
            ((batch, columns),) = self._pool.take(1, rng)
            self._begin(batch.trial(columns.start))

    def _begin(self, trial: TrialBatch) -> None:
        """Begin a trial or a segment of a session."""
        self._trial, self._length, self._bin = trial, len(trial.inputs), 0
        # By bin and, where possible, as plain values: they are read at every step.
        self._periods = [name for name, (a, b) in trial.periods.items() for _ in range(a[0], b[0])]
        self._targets = trial.targets[:, 0].tolist() if self._played.kind == "choice" else trial.targets[:, 0]
        self._windows = [(int(a[0]), int(b[0])) for a, b in trial.windows(self._played.response_period)]
        self._pays_each = self._played.kind == "choice" and not self._closed_loop and len(self._windows) > 1
        self._answers = [self._targets[stop - 1] for _, stop in self._windows]
        self._condition = {name: value[0].item() for name, value in trial.conditions.items()}
        self._choices, self._moments = [0] * len(self._windows), [0] * len(self._windows)
        self._actions: list[Any] = []
        self._following: Conditions | None = None

    def _paid(self, correct: bool, response: bool = True) -> float:
        return self.rewards.earned(np.array(float(correct)), response).item()

    def _judge(self, aborted: bool) -> tuple[float, Info]:
        """Reward that the ended trial or segment earned, and what to say about it."""
        verdict: Info = {"ended": True, "trial": self._number, "trial_condition": dict(self._condition)}
        if self._played.kind == "choice":
            verdict["choice"] = self._choices[0] if len(self._choices) == 1 else np.array(self._choices)
        earned, self._correct = 0.0, False
        if not aborted:
            given = (self._choices, self._moments, self._answers, self._actions)
            responses = Responses(*(np.array(values)[:, None] for values in given))
            rewards, corrects, self._following = judge(
                self._played, self.rewards, responses, self._trial.conditions, self.np_random, lambda: self._trial
            )
            earned, self._correct = rewards.item(), corrects.item()
        verdict["correct"] = self._correct
        if self._following is not None:
            verdict |= {"segment": self._segment, "outcome": self._following["outcome"].item()}
        return earned, verdict

    def _go_on(self) -> None:
        """Begin the next segment or the next trial, or end the episode."""
        if self._following is not None and self._segment + 1 < self._played.n_segments:
            self._segment += 1
            self._past = [*self._past, (self._trial, self._actions)][-2:]
            self._begin(self._played.lay_out(self._following, self.np_random))
            return
        self._left -= 1
        self._playing = self._left > 0
        if self._playing:
            self._next_trial()

    def _observation(self) -> np.ndarray:
        if not self._playing:
            return np.zeros(self._played.n_inputs, np.float32)
        return self._trial.inputs[self._bin, 0].copy()

    def _info(self) -> Info:
        if self._playing:
            period, target = self._periods[self._bin], copy(self._targets[self._bin])
        else:
            period, target = "", self._targets[0] * 0
        condition = self._condition
        info = {"target": target, "period": period, "condition": dict(condition), "ended": False, "correct": False}
        info |= {"trial": 0, "trial_condition": {name: type(value)() for name, value in condition.items()}}
        if self._played.kind == "choice":
            info["choice"] = 0 if len(self._choices) == 1 else np.zeros(len(self._choices), np.int64)
        return info | {"segment": 0, "outcome": 0.0} if self._closed_loop else info
