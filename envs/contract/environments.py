"""Promises about the two environments: Gymnasium's rules, seeds, and that they replay what the task paints."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from ..gym.replay import Pool
from ..gym.trial_env import TrialEnv
from ..gym.trial_vector_env import TrialVectorEnv
from ..task import Task
from .requirement import require

N_STEPS = 1000
DISTINCT = {"correct": 2.0, "error": -1.0, "abort": -3.0, "miss": -0.5}
"""Rewards of which none can stand for another."""
UNBOUNDED = re.compile(r"A Box observation space m\w+ value is -?infinity")
"""What Gymnasium warns of where nothing is wrong."""
ROUNDING = 1e-6
"""Actions of a task that is no choice are numbers of single precision; its outputs need not be."""


def flat(value: Any) -> Any:
    """Anything that an environment returns, as bytes and plain values that compare."""
    if isinstance(value, Mapping):
        return {name: flat(v) for name, v in value.items()}
    if isinstance(value, tuple):
        return [flat(v) for v in value]
    return value.tobytes() if isinstance(value, np.ndarray) and value.dtype != object else str(value)


def actions_of(task: Task, outputs: np.ndarray) -> np.ndarray:
    """The actions (T, B) or (T, B, n_out) that outputs (T, B, n_out) stand for."""
    if task.kind == "choice":
        return outputs.argmax(axis=-1)
    if task.kind == "probability":
        odds = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        outputs = odds / odds.sum(axis=-1, keepdims=True)
    return outputs.astype(np.float32)


def check_gymnasium(task: Task) -> None:
    """Gymnasium's own checker passes without a warning, except that observations have no bounds: noise has none."""
    said: list[str] = []
    usual = gym.logger.warn
    gym.logger.warn = lambda message, *rest: said.append(message % rest if rest else message)  # type: ignore[assignment]
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            check_env(TrialEnv(task), skip_render_check=True)
    finally:
        gym.logger.warn = usual
    said += [str(warning.message) for warning in caught]
    said = [warning for warning in said if not UNBOUNDED.search(warning)]
    require(not said, f"gymnasium's check_env warns: {'; '.join(said)}")


def check_rollouts(task: Task) -> None:
    """A seed fixes 1,000 steps of either environment, also when it is given in the middle; another seed others."""
    for env in (TrialEnv(task), TrialVectorEnv(task, 3)):
        env.action_space.seed(0)
        sampled = env.action_space.sample()
        idle = np.zeros_like(sampled)
        actions = [env.action_space.sample() if t % 5 == 0 else idle for t in range(N_STEPS)]
        first, other, again = rollout(env, actions, 7), rollout(env, actions[:300], 8), rollout(env, actions, 7)
        kind = type(env).__name__
        require(first == again, f"reset(seed=7) does not give {kind} the same {N_STEPS:,} steps twice.")
        require(first[:300] != other[:300], f"{kind} does the same with seeds 7 and 8.")


def rollout(env: Any, actions: list[Any], seed: int) -> list[Any]:
    """All that an environment returns from a reset and a row of actions, in a form that compares."""
    observation, info = env.reset(seed=seed)
    seen = [flat((observation, info))]
    for action in actions:
        step = env.step(action)
        require(step[0] in env.observation_space, "an observation lies outside the observation space.")
        seen.append(flat(step))
        if np.all(step[2]) and isinstance(env, TrialEnv):
            seen.append(flat(env.reset()))
    return seen


def check_copies(task: Task) -> None:
    """Copies in a vectorised environment play different trials, and what one does leaves the others alone."""
    alone, disturbed = TrialVectorEnv(task, 4), TrialVectorEnv(task, 4)
    observations, _ = alone.reset(seed=1)
    disturbed.reset(seed=1)
    idle = np.zeros_like(alone.action_space.sample())
    act = idle.copy()
    act[0] = 1
    seen = [observations]
    for _ in range(int(alone.slots.length.min())):
        ours, theirs = alone.step(idle), disturbed.step(act)
        if ours[2].any() or theirs[2][1:].any():
            break
        seen.append(ours[0])
        same = np.array_equal(ours[0][1:], theirs[0][1:]) and np.array_equal(ours[1][1:], theirs[1][1:])
        require(same, "what one copy does changes what another sees or earns.")
    told = np.array(seen)
    alike = [np.array_equal(told[:, i], told[:, j]) for i in range(4) for j in range(i)]
    require(not all(alike) or told.std() == 0, "all copies play the same trial.")


def check_replay(task: Task) -> None:
    """Either environment shows bin by bin what ``sample`` paints with the same seed, and scores as the task does."""
    if task.n_segments > 1:
        check_sessions(task)
        return
    batch = task.sample(64, seed=2)
    outputs = task.ideal(batch)
    actions = actions_of(task, outputs)
    scores = task.score(outputs, batch)
    # One response is paid at the end of its trial, each of several when it is due.
    n_paid = len(batch.windows(task.response_period)) if task.kind == "choice" else 1
    single = TrialEnv(task)
    for trial in range(3):
        observation, info = single.reset(seed=2 if trial == 0 else None)
        reward, over, t = 0.0, False, 0
        while not over:
            shown = np.array_equal(observation, batch.inputs[t, trial])
            asked = np.array_equal(info["target"], batch.targets[t, trial])
            require(shown and asked, f"TrialEnv shows another input or target than sample painted, trial {trial}.")
            observation, earned, over, _, info = single.step(actions[t, trial])
            reward, t = reward + float(earned), t + 1
        require(
            abs(reward - scores[trial] * n_paid) < ROUNDING,
            "TrialEnv rewards a trial in another way than the task scores it.",
        )
    vector = TrialVectorEnv(task, 64, autoreset_mode=AutoresetMode.DISABLED)
    observation, info = vector.reset(seed=2)
    earned, done = np.zeros(64), np.zeros(64, bool)
    for t in range(len(batch.inputs)):
        going = ~done
        shown = np.array_equal(observation[going], batch.inputs[t, going])
        asked = np.array_equal(info["target"][going], batch.targets[t, going])
        require(shown and asked, f"TrialVectorEnv shows another input or target than sample painted, bin {t}.")
        observation, reward, over, _, info = vector.step(actions[t])
        earned[going] += reward[going]
        done |= over
        if done.all():
            break
        if over.any():
            observation, info = vector.reset(options={"reset_mask": over})
            info = vector.current_info()
    require(
        np.abs(earned - scores * n_paid).max() < ROUNDING, "TrialVectorEnv rewards in another way than the task scores."
    )


class SharedPool(Pool):
    """Trials for several environments from one generator, in the order in which they ask."""

    def __init__(self, task: Task, size: int, seed: int):
        super().__init__(task, size)
        self._rng = np.random.default_rng(seed)

    def take(self, n: int, rng: np.random.Generator) -> Any:
        """Hand out the next n trials, whoever asks."""
        return super().take(n, self._rng)


def check_autoreset(task: Task) -> None:
    """The vectorised environment does what single ones do, in all three autoreset modes."""
    for mode in AutoresetMode:
        if task.n_segments > 1 and mode is AutoresetMode.DISABLED:
            continue  # sessions of several copies draw in another order; one copy is compared in the other modes
        compare(task, mode, n=1 if task.n_segments > 1 else 3)


def compare(task: Task, mode: AutoresetMode, n: int) -> None:
    """Step n native copies and n single environments side by side through the same trials."""
    rng = np.random.default_rng(0)
    native = TrialVectorEnv(task, n, autoreset_mode=mode, rewards=DISTINCT)
    singles = [TrialEnv(task, rewards=DISTINCT) for _ in range(n)]
    sync = SyncVectorEnv([lambda env=env: env for env in singles], autoreset_mode=mode)
    if task.n_segments == 1:
        shared = SharedPool(task, n, seed=4)
        for env in singles:
            env.replay_from(shared)
    (ours, infos), (theirs, _) = native.reset(seed=4), sync.reset(seed=4 if task.n_segments > 1 else None)
    native.action_space.seed(4)
    for _ in range(250):
        require(np.array_equal(ours, theirs), f"TrialVectorEnv and TrialEnv show different inputs in mode {mode.name}.")
        actions = infos["target"].copy()
        stray = rng.random(n) < 0.05
        actions[stray] = native.action_space.sample()[stray]
        (ours, *result, infos), (theirs, *results, _) = native.step(actions), sync.step(actions)
        agree = all(np.array_equal(a, b) for a, b in zip(result, results, strict=True))
        require(agree, f"TrialVectorEnv and TrialEnv reward or end differently in mode {mode.name}.")
        over = result[1]
        if mode is AutoresetMode.DISABLED and over.any():
            ours, _ = native.reset(options={"reset_mask": over})
            theirs, _ = sync.reset(options={"reset_mask": over})
            infos = native.current_info()


def check_sessions(task: Task) -> None:
    """The environment plays the session that ``sample`` paints for one who makes the same choices."""
    made: list[int] = []

    def choose(segment: Any) -> np.ndarray:
        made.append(len(made) % task.n_outputs)
        outputs = task.hold(segment)
        for start, stop in segment.windows(task.response_period):
            outputs[start[0] : stop[0]] = np.eye(task.n_outputs)[made[-1]]
        return outputs

    session = task.sample(1, seed=9, policy=choose)
    env = TrialEnv(task)
    observation, info = env.reset(seed=9)
    over, t, segment, choices = False, 0, 0, []
    while not over:
        shown = np.array_equal(observation, session.inputs[t, 0])
        require(shown, f"TrialEnv shows another input than sample painted, segment {segment}.")
        action = made[segment] if info["period"] == task.response_period else 0
        observation, _, over, _, info = env.step(action)
        t += 1
        if info["ended"]:
            choices.append(info["choice"])
            segment += 1
    require(choices == made and t == len(session.inputs), "TrialEnv ends sessions, or takes choices, in its own way.")
