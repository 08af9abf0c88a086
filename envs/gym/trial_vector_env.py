"""Many copies of a trial environment, advanced together by vectorised numpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ..errors import ArgumentError
from ..factors import Conditions
from ..names import check_name
from ..numbers import whole_number
from ..task import Task
from ..trial import TrialBatch
from ..typechecked import typechecked
from .actions import parse_choices, parse_vectors
from .changes import check_replacement, one_for_all, read_options, refuse_argument
from .infos import Info, pick, spread
from .replay import Pool, Slots
from .rewards import Rewards, judge, spaces_of, task_to_play
from .specs import JsonSpec


@typechecked
class TrialVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """``num_envs`` copies of :class:`TrialEnv`: the same rules, and infos with an entry for each copy.

    ``reset(seed=s)`` gives environment i the trial in column i of ``task.sample(num_envs, seed=s)``. Whoever
    needs a trial later gets the next one from batches of ``num_envs``, within a step in order of i. In a
    closed-loop task all that begin a session or a segment in the same step are painted together.

    A condition in ``reset(options=...)`` is one for all that are reset, or (n,) with one for each; a change of the
    task holds for all.

    Args:
        task: Name of a task, ``"module:name"`` of one of your own, or a task.
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
    spec = JsonSpec()  # type: ignore[assignment]

    def __init__(
        self,
        task: str | Task | dict[str, Any],
        num_envs: int = 1,
        *,
        trials_per_episode: int = 1,
        rewards: Rewards | Mapping[str, float] | None = None,
        abort: bool = True,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: None = None,
        **task_arguments: Any,
    ):
        whole_number("num_envs", num_envs, minimum=1)
        if render_mode is not None:
            raise ValueError(f"render_mode is {render_mode!r}; allowed: None. Render a single TrialEnv instead.")
        made = task_to_play(task, trials_per_episode, task_arguments)
        self.trials_per_episode, self.rewards, self.abort = trials_per_episode, Rewards.of(rewards), abort
        if isinstance(autoreset_mode, str):
            check_name("autoreset_mode", autoreset_mode, [mode.value for mode in AutoresetMode])
        self.num_envs, self.autoreset_mode = int(num_envs), AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space, self.single_action_space = spaces_of(made)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._pool, self._slots = Pool(made, self.num_envs), None
        self._number, self._segment, self._left = (np.full(self.num_envs, k) for k in (-1, 0, 0))
        self._over = np.zeros(self.num_envs, bool)

    @property
    def task(self) -> Task:
        """The task of all trials that begin from now on; may be set to one with the same spaces and infos."""
        return self._pool.task

    @task.setter
    def task(self, task: Task) -> None:
        check_replacement(self.task, task)
        self._pool = Pool(task, self.num_envs)

    def __setattr__(self, name: str, value: Any) -> None:
        refuse_argument(self, name)
        super().__setattr__(name, value)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute as each of the environments has it, as in Gymnasium's SyncVectorEnv."""
        return (getattr(self, name),) * self.num_envs

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute of all environments, as Gymnasium's SyncVectorEnv does: a value, or a list of equal ones."""
        setattr(self, name, one_for_all(name, values, self.num_envs))

    @typechecked
    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[np.ndarray, Info]:
        """Begin an episode in all environments, or in those of ``options["reset_mask"]``, (n,) bool.

        Args:
            seed: Seed of the trials that are painted from now on.
            options: The mask; conditions of the trials that begin now; arguments of the task, which keeps them.

        Raises:
            ArgumentError: If an option is unknown or its value not allowed.
            ResetNeeded: If the first reset leaves some environments out.
        """
        task, fixed = read_options(self.task, options, self.num_envs, also=("reset_mask",))
        chosen = np.ones(self.num_envs, bool)
        if options and options.get("reset_mask") is not None:
            chosen = np.asarray(options["reset_mask"])
            if chosen.shape != (self.num_envs,) or chosen.dtype != np.bool_ or not chosen.any():
                raise ArgumentError(f"reset_mask is {chosen}; allowed: ({self.num_envs},) bool with a True.")
            if self._slots is None and not chosen.all():
                raise ResetNeeded("the first reset has no reset_mask.")
        super().reset(seed=seed)
        if seed is not None:
            self._number[chosen] = -1
        if seed is not None or task is not self.task:
            self._pool = Pool(task, self.num_envs)
        self._over[chosen], self._left[chosen] = False, self.trials_per_episode
        which = np.flatnonzero(chosen)
        self._begin_trials(which, pick(fixed, which))
        return self.slots.inputs, self._info(which) | self._info_of_ended(which[:0], chosen)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Info]:
        """Answer the bins last seen, and see the next ones.

        Raises:
            ValueError: If an action is not in the action space.
            ResetNeeded: If an episode is over that is not reset automatically.
        """
        slots, playing = self.slots, ~self._over
        if self.autoreset_mode is AutoresetMode.DISABLED and self._over.any():
            raise ResetNeeded(f'use reset(options={{"reset_mask": ...}}) for {np.flatnonzero(self._over)}.')
        parse = parse_choices if self.task.kind == "choice" else parse_vectors
        broken, ended, rewards = self._act(parse(self.task, actions, self.num_envs), playing)
        rewards[broken] = self.rewards.abort
        aborted = broken & (self.abort and self.task.n_segments == 1)
        np.add(slots.bin, playing, out=slots.bin)
        if self._pays_each:
            due = (slots.closes == slots.bin) & (slots.choices == 0) & playing
            rewards += np.where(due, self.rewards.earned(slots.answers == 0, response=False), 0.0).sum(axis=0)
        finished = np.flatnonzero(ended | aborted | (playing & (slots.bin >= slots.length)))
        over, verdicts = finished, {}
        if finished.size:
            earned, verdicts, over = self._judge(finished, aborted[finished])
            rewards[finished] += earned

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
        infos |= self._info(slice(None)) | self._info_of_ended(finished, np.ones(self.num_envs, bool), verdicts)
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

    def _judge(self, finished: np.ndarray, aborted: np.ndarray) -> tuple[np.ndarray, Info, np.ndarray]:
        """Reward of those whose trial or segment ended, what to say about each, and whose trial or session is over.

        Sessions that are not over continue with their next segment.
        """
        slots, over = self.slots, np.ones(len(finished), bool)
        earned, correct = np.zeros(len(finished)), np.zeros(len(finished), bool)
        verdicts = self._about(finished) | {"correct": correct}
        for task, part in slots.of_each_task(finished):
            whole = part[~aborted[part]]
            if not whole.size:
                continue
            at = finished[whole]
            drawn = pick(slots.conditions, at) if task.n_segments > 1 else {}
            earned[whole], correct[whole], following = judge(
                task, self.rewards, slots.responses(at), drawn, self.np_random, lambda at=at: slots.batch(at)
            )
            if following is not None:
                verdicts["outcome"][whole] = following["outcome"]
                over[whole] = self._continue_sessions(task, at, following)
        return earned, verdicts, finished[over]

    def _about(self, ended: np.ndarray) -> Info:
        """What there is to say of trials or segments that have just ended, before they are judged."""
        slots, task, none = self.slots, self.task, np.zeros(len(ended))
        about: Info = {
            "ended": np.ones(len(ended), bool),
            "trial": self._number[ended],
            "trial_condition": pick(slots.conditions, ended),
            "correct": none > 0,
        }
        if task.kind == "choice":
            choices = slots.choices[:, ended]
            about["choice"] = choices[0] if len(choices) == 1 else choices.T
        if task.n_segments > 1:
            about |= {"segment": self._segment[ended], "outcome": none}
        return about

    def _info_of_ended(self, ended: np.ndarray, reported: np.ndarray, verdicts: Info | None = None) -> Info:
        """The infos about trials that have just ended; zeros for those reported where none has."""
        return spread(verdicts or self._about(ended), ended, self.num_envs, reported)

    def _continue_sessions(self, task: Task, finished: np.ndarray, conditions: Conditions) -> np.ndarray:
        """Begin the next segment of sessions that have one; return which sessions are over, (k,) bool."""
        self._segment[finished] += 1
        more = self._segment[finished] < task.n_segments
        if more.any():
            segments = task.lay_out(pick(conditions, more), self.np_random)
            self.slots.fill(finished[more], segments, slice(None), task)
        return ~more

    def _final(self, where: np.ndarray, verdicts: Info) -> Info:
        """The last observation and info of episodes that are followed by the next in the same step."""
        observations, mask = np.full(self.num_envs, None), np.zeros(self.num_envs, bool)
        mask[where] = True
        for i in where:
            observations[i] = np.zeros(self.task.n_inputs, np.float32)
        info = self._info(where) | self._info_of_ended(where, mask, verdicts)
        return {"final_obs": observations, "_final_obs": mask, "final_info": info, "_final_info": mask.copy()}

    def _begin_trials(self, which: np.ndarray, fixed: Conditions | None = None) -> None:
        """Give the next trials, new sessions, or trials with fixed conditions, to these environments."""
        task, rng = self.task, self.np_random
        self._number[which] += 1
        self._segment[which] = 0
        stock: Iterable[tuple[TrialBatch, slice]]
        if task.n_segments > 1 or fixed:
            stock = [(task.lay_out(task.draw_with(fixed or {}, rng, len(which)), rng), slice(0, len(which)))]
        else:
            stock = self._pool.take(len(which), rng)
        for batch, columns in stock:
            if self._slots is None:
                self._slots = Slots(task, self.num_envs, batch)
            n = columns.stop - columns.start
            self._slots.fill(which[:n], batch, columns, task)
            which = which[n:]

    def current_info(self) -> Info:
        """What ``info`` reports of the bins shown now; after a :meth:`reset` of some environments, only theirs."""
        return self._info(slice(None))

    def _info(self, where: np.ndarray | slice) -> Info:
        """What there is to say about the current bins of these environments."""
        slots = self.slots
        now = {"target": slots.targets, "period": slots.period, "condition": slots.conditions}
        return spread(pick(now, where), where, self.num_envs)
