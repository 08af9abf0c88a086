"""Many copies of a trial environment, advanced together by vectorised numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .factors import Conditions
from .names import check_name
from .numbers import whole_number
from .replay import Pool, Slots
from .rewards import Rewards, action_range, judge, named_actions, spaces_of, task_to_play
from .task import Task
from .typechecked import typechecked

Info = dict[str, Any]


@typechecked
class TrialVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """``num_envs`` copies of :class:`TrialEnv`: the same rules, and infos with an entry for each copy.

    ``reset(seed=s)`` gives environment i the trial in column i of ``task.sample(num_envs, seed=s)``. Whoever
    needs a trial later gets the next one from batches of ``num_envs``, within a step in order of i. In a
    closed-loop task all that begin a session or a segment in the same step are painted together.

    Args:
        task: Name of a task, or a task.
        num_envs: Number of environments n.
        trials_per_episode: Number of trials in an episode.
        rewards: What the ways in which a trial can end earn; a mapping may name only some of them.
        abort: Whether breaking fixation ends a trial.
        autoreset_mode: When an episode that is over is followed by the next one: in the next step, in the
            same step, or only by ``reset(options={"reset_mask": mask})``.
        render_mode: Only None; a single :class:`TrialEnv` can be rendered.
        **task_arguments: Arguments of the task if it is given by name.

    Raises:
        ValueError: If an argument is unknown or makes no sense.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(
        self,
        task: str | Task,
        num_envs: int = 1,
        *,
        trials_per_episode: int = 1,
        rewards: Rewards | Mapping[str, float] | None = None,
        abort: bool = True,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: None = None,
        **task_arguments: Any,
    ):
        whole_number("num_envs", num_envs, least=1)
        if render_mode is not None:
            raise ValueError(f"render_mode is {render_mode!r}; allowed: None. Render a single TrialEnv instead.")
        self.task = task_to_play(task, trials_per_episode, task_arguments)
        self.trials_per_episode, self.rewards, self.abort = trials_per_episode, Rewards.of(rewards), abort
        if isinstance(autoreset_mode, str):
            check_name("autoreset_mode", autoreset_mode, [mode.value for mode in AutoresetMode])
        self.num_envs, self.autoreset_mode = int(num_envs), AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space, self.single_action_space = spaces_of(self.task)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._pool, self._slots = Pool(self.task, self.num_envs), None
        self._number, self._segment, self._left = np.zeros((3, self.num_envs), np.int64)
        self._over = np.zeros(self.num_envs, bool)

    @typechecked
    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[np.ndarray, Info]:
        """Begin an episode in all environments, or in those of ``options["reset_mask"]``, (n,) bool.

        Raises:
            ValueError: If the mask is no such mask.
            ResetNeeded: If the first reset leaves some environments out.
        """
        super().reset(seed=seed)
        chosen = np.ones(self.num_envs, bool)
        if options and options.get("reset_mask") is not None:
            chosen = np.asarray(options["reset_mask"])
            if chosen.shape != (self.num_envs,) or chosen.dtype != np.bool_ or not chosen.any():
                raise ValueError(f"reset_mask is {chosen}; allowed: ({self.num_envs},) bool with a True.")
            if self._slots is None and not chosen.all():
                raise ResetNeeded("the first reset has no reset_mask.")
        if seed is not None or self._slots is None:
            self._pool = Pool(self.task, self.num_envs)
            self._number[chosen] = -1
        self._over[chosen], self._left[chosen] = False, self.trials_per_episode
        self._begin_trials(np.flatnonzero(chosen))
        return self.slots.inputs, self._info(np.flatnonzero(chosen))

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Info]:
        """Answer the bins last seen, and see the next ones.

        Raises:
            ValueError: If an action is not in the action space.
            ResetNeeded: If an episode is over that is not reset automatically.
        """
        slots, playing = self.slots, ~self._over
        if self.autoreset_mode is AutoresetMode.DISABLED and self._over.any():
            raise ResetNeeded(f'use reset(options={{"reset_mask": ...}}) for {np.flatnonzero(self._over)}.')
        broken, ended, rewards = self._act(self._check_actions(actions), playing)
        rewards[broken] = self.rewards.abort
        aborted = broken & (self.abort and self.task.n_segments == 1)
        slots.bin += playing
        if self._pays_each:
            due = (slots.closes == slots.bin) & (slots.choices == 0) & playing
            rewards += np.where(due, self.rewards.earned(slots.answers == 0, responded=False), 0.0).sum(axis=0)
        finished = np.flatnonzero(ended | aborted | (playing & (slots.bin >= slots.length)))
        verdicts, over = {}, finished
        if finished.size:
            earned, verdicts, conditions = self._judge(finished, aborted[finished])
            rewards[finished] += earned
            if conditions is not None:
                over = self._continue_sessions(finished, conditions)

        self._left[over] -= 1
        terminated = np.zeros(self.num_envs, bool)
        terminated[over] = self._left[over] == 0
        slots.bin[terminated] = slots.length[terminated]
        infos: Info = {}
        restarting = self._over
        if self.autoreset_mode is not AutoresetMode.SAME_STEP:
            self._over = terminated.copy()
        elif terminated.any():
            restarting, last = terminated, terminated[finished]
            infos = self._final(finished[last], pick(verdicts, last))
            finished, verdicts = finished[~last], pick(verdicts, ~last)

        self._left[restarting] = self.trials_per_episode
        starting = restarting.copy()
        starting[over] |= ~terminated[over]
        if starting.any():
            self._begin_trials(np.flatnonzero(starting))
        infos |= self._info(slice(None))
        if finished.size:
            infos |= spread(verdicts, finished, self.num_envs)
        return slots.inputs, rewards, terminated, np.zeros(self.num_envs, bool), infos

    @property
    def _pays_each(self) -> bool:
        return self.task.kind == "choice" and self.task.n_segments == 1 and len(self.slots.opens) > 1

    @property
    def slots(self) -> Slots:
        """The trials in play.

        Raises:
            ResetNeeded: Before the first reset.
        """
        if self._slots is None:
            raise ResetNeeded("there are no trials yet; call reset().")
        return self._slots

    def _check_actions(self, actions: np.ndarray) -> np.ndarray:
        n, n_out, (low, high) = self.num_envs, self.task.n_outputs, action_range(self.task)
        if self.task.kind != "choice":
            values = np.asarray(actions, np.float32)
            # Also false for NaN.
            if values.shape == (n, n_out) and ((low <= values) & (values <= high)).all():
                return values
            allowed = f"({n}, {n_out}) numbers in [{low:g}, {high:g}]"
            raise ValueError(f"actions of shape {values.shape}; allowed: {allowed}.")
        values = np.asarray(actions)
        if values.shape != (n,) or values.dtype.kind not in "iu":
            raise ValueError(f"actions are {values.dtype} of shape {values.shape}; allowed: ({n},) integers.")
        if values.min() < 0 or values.max() >= n_out:
            wrong = int(values[(values < 0) | (values >= n_out)][0])
            raise ValueError(f"action is {wrong}; allowed: {named_actions(self.task)}.")
        return values

    def _act(self, actions: np.ndarray, playing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take the actions down; return which break fixation, which end a trial, and what responses earn at once."""
        slots, nobody, nothing = self.slots, np.zeros(self.num_envs, bool), np.zeros(self.num_envs)
        if self.task.kind != "choice":
            slots.actions[np.arange(self.num_envs), slots.bin] = actions
            return nobody, nobody, nothing
        acted = (actions != 0) & playing
        if not acted.any():
            return nobody, nobody, nothing
        inside = (slots.opens <= slots.bin) & (slots.bin < slots.closes) & acted
        response = inside & (slots.choices == 0)
        np.copyto(slots.choices, actions, where=response, casting="unsafe")
        np.copyto(slots.moments, slots.bin, where=response)
        paid = nothing
        if self._pays_each:
            paid = np.where(response, self.rewards.earned(slots.answers == actions), 0.0).sum(axis=0)
        return acted & ~inside.any(axis=0), response[-1] if self.task.n_segments == 1 else nobody, paid

    def _judge(self, finished: np.ndarray, aborted: np.ndarray) -> tuple[np.ndarray, Info, Conditions | None]:
        """Reward of those whose trial or segment ended, what to say about each, and what follows."""
        slots, whole, conditions = self.slots, finished[~aborted], None
        earned, correct = np.zeros(len(finished)), np.zeros(len(finished), bool)
        if whole.size:
            drawn = pick(slots.conditions, whole) if self.task.n_segments > 1 else {}
            earned[~aborted], correct[~aborted], conditions = judge(
                self.task, self.rewards, slots.responses(whole), drawn, self.np_random, lambda: slots.batch(whole)
            )
        verdicts: Info = {
            "trial": self._number[finished],
            "trial_condition": {name: values[finished] for name, values in slots.conditions.items()},
            "correct": correct,
        }
        if self.task.kind == "choice":
            choices = slots.choices[:, finished]
            verdicts["choice"] = choices[0] if len(choices) == 1 else choices.T
        if conditions is not None:
            verdicts |= {"segment": self._segment[finished], "outcome": conditions["outcome"]}
        return earned, verdicts, conditions

    def _continue_sessions(self, finished: np.ndarray, conditions: Conditions) -> np.ndarray:
        """Begin the next segment of sessions that have one; return the environments whose session is over."""
        self._segment[finished] += 1
        more = self._segment[finished] < self.task.n_segments
        if more.any():
            segments = self.task.lay_out({name: v[more] for name, v in conditions.items()}, self.np_random)
            self.slots.fill(finished[more], segments, slice(None))
        return finished[~more]

    def _final(self, where: np.ndarray, verdicts: Info) -> Info:
        """The last observation and info of episodes that are followed by the next in the same step."""
        observations, mask = np.full(self.num_envs, None), np.zeros(self.num_envs, bool)
        mask[where] = True
        for i in where:
            observations[i] = np.zeros(self.task.n_inputs, np.float32)
        info = self._info(where) | spread(verdicts, where, self.num_envs)
        return {"final_obs": observations, "_final_obs": mask, "final_info": info, "_final_info": mask.copy()}

    def _begin_trials(self, which: np.ndarray) -> None:
        """Give the next trials, or new sessions, to these environments."""
        self._number[which] += 1
        if self.task.n_segments > 1:
            self._segment[which] = 0
            sessions = self.task.lay_out(self.task.draw(self.np_random, len(which)), self.np_random)
            stock = [(sessions, slice(0, len(which)))]
        else:
            stock = self._pool.take(len(which), self.np_random)
        for batch, columns in stock:
            if self._slots is None:
                self._slots = Slots(self.task, self.num_envs, batch)
            n = columns.stop - columns.start
            self._slots.fill(which[:n], batch, columns)
            which = which[n:]

    def current_info(self) -> Info:
        """What ``info`` tells of the bins that the environments show now; :meth:`reset` of some tells only of those."""
        return self._info(slice(None))

    def _info(self, where: np.ndarray | slice) -> Info:
        """What there is to say about the current bins of these environments."""
        slots = self.slots
        now = {
            "target": slots.targets,
            "period": slots.labels.take(slots.period),
            "condition": slots.conditions,
        }
        return spread(pick(now, where), where, self.num_envs)


def pick(found: Info, which: np.ndarray | slice) -> Info:
    """Entries of all arrays, also of those in nested dictionaries."""
    return {name: pick(v, which) if isinstance(v, dict) else v[which] for name, v in found.items()}


def spread(found: Info, where: np.ndarray | slice, n: int) -> Info:
    """Infos as Gymnasium has them: arrays (n, ...), and under ``_name`` which environments have an entry."""
    everywhere = isinstance(where, slice) and where == slice(None)
    mask = np.zeros(n, bool)
    mask[where] = True
    infos: Info = {}
    for name, values in found.items():
        if isinstance(values, dict):
            infos[name] = spread(values, where, n)
        elif everywhere:
            infos[name] = values.copy()
        else:
            infos[name] = np.zeros((n, *values.shape[1:]), values.dtype)
            infos[name][where] = values
        infos[f"_{name}"] = mask
    return infos
