"""Behaviour: what anyone who acts did in a number of trials, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, cast

import gymnasium as gym
import numpy as np
import torch

from ....envs.errors import ArgumentError
from ....envs.gym.rewards import Rewards, spaces_of
from ....envs.gym.trial_table import Act, check_choices, joined, trial_table, with_previous
from ....envs.numbers import whole_number
from ....envs.responses import checked_outputs
from ....envs.task import Task
from ....envs.trial import Policy, TrialBatch
from ....envs.typechecked import typechecked
from ....envs.wording import short_text
from ...network.protocol import Network, first_parameter
from ...training.actor import Actor
from ...training.evaluation import NetworkPolicy, check_fit

AT_ONCE = 200_000
"""Number of bins that are painted at a time, over all trials."""


@typechecked
def behaviour(
    agent: Any,
    task: Task,
    n_trials: int = 1000,
    seed: int = 0,
    *,
    greedy: bool = True,
    rewards: Rewards | Mapping[str, float] | None = None,
) -> Any:
    """Let anyone do a task, and write down each trial as an experimenter does.

    The rules are those of the environments: the first action other than 0 in the response period is the choice; one
    before it aborts the trial. A session of a closed-loop task has a row for each of its segments. Each trial, or
    session, begins in the initial state of the agent.

    Args:
        agent: A network; an :class:`Actor`; a model of Stable-Baselines3 or sb3-contrib, also a recurrent one;
            ``"ideal"``, the ideal observer, or ``"guess"``, who guesses; or a function that makes outputs (T, B, n_out)
            of a painted segment.
        task: The task, one of single choices.
        n_trials: Number of rows; sessions are played to their end, and so there may be more.
        seed: Seed of the trials, of a network's noise, and of what is sampled.
        greedy: Whether the most probable action is taken. Otherwise it is sampled from the softmax of the outputs, or
            as the model of Stable-Baselines3 does.
        rewards: What responses earn; a mapping may name only some of them.

    Returns:
        A ``pandas.DataFrame``, or the same columns as arrays where pandas is not installed: ``session``, ``trial``,
        ``choice`` (0 for none), ``answer`` (the right class), ``correct``, ``aborted``, ``reaction_ms`` (from the onset
        of the response period, NaN without a choice), ``reward``, the conditions by name, ``previous_choice`` and
        ``previous_reward``.

    Raises:
        ArgumentError: If the agent is none of these or does not fit the task, or the task has no single choices.
    """
    check_choices(task)
    n_rows = whole_number("n_trials", n_trials, minimum=1)
    begin = agent_of(agent, task, greedy, whole_number("seed", seed, minimum=0))
    rng, paid, parts = np.random.default_rng(seed), Rewards.of(rewards), []
    n = -(-n_rows // task.n_segments)
    probe = task.lay_out(task.draw(np.random.default_rng(0), 8), np.random.default_rng(0))
    some = max(1, AT_ONCE // (len(probe.inputs) * task.n_segments))
    for first in range(0, n, some):
        parts.append(trial_table(task, begin(), min(some, n - first), rng, paid, first + 1))
    table = with_previous(joined(parts))
    if not find_spec("pandas"):
        return table
    import pandas

    return pandas.DataFrame(table)


def agent_of(agent: Any, task: Task, greedy: bool, seed: int) -> Callable[[], Act]:
    """A function that lets an agent begin again, and returns who then acts.

    Raises:
        ArgumentError: If the agent is not one of those that act, or does not fit the task.
    """
    rng = np.random.default_rng([seed, 1])
    if isinstance(agent, str):
        if agent not in ("ideal", "guess"):
            raise ArgumentError(f"agent is {agent!r}; allowed by name: 'ideal', 'guess'.")
        policy = task.ideal_policy if agent == "ideal" else lambda: lambda segment: task.guess(segment, rng)
        return lambda: acting(task, policy(), greedy=True, rng=rng)
    if isinstance(agent, Actor):
        _check_spaces(agent.action_space, None, task)
        return lambda: bin_by_bin(_fresh_actor(agent))
    if isinstance(agent, torch.nn.Module) and not hasattr(agent, "predict"):
        network = cast(Network, agent)
        check_fit(task, network)
        generator = torch.Generator(first_parameter(network).device).manual_seed(seed)
        return lambda: acting(task, NetworkPolicy(network, generator), greedy, rng)
    if hasattr(agent, "predict"):
        _check_spaces(getattr(agent, "action_space", None), getattr(agent, "observation_space", None), task)
        return lambda: bin_by_bin(_Model(agent, greedy).act)
    if callable(agent) and not isinstance(agent, type):
        return lambda: acting(task, cast(Policy, agent), greedy, rng)
    raise ArgumentError(
        f"agent is {short_text(agent)}; allowed: a network, an Actor, a model of Stable-Baselines3, 'ideal', 'guess', "
        "or a function that answers a segment."
    )


def acting(task: Task, policy: Policy, greedy: bool, rng: np.random.Generator) -> Act:
    """Who takes in each bin the class of the largest output, or samples it from their softmax."""

    def act(segment: TrialBatch) -> np.ndarray:
        expected = (*segment.mask.shape, task.n_outputs)
        outputs = checked_outputs(policy(segment), expected, task.name)
        if greedy:
            return outputs.argmax(axis=-1)
        # The largest of logits with Gumbel noise is a sample of their softmax.
        return (outputs + rng.gumbel(size=outputs.shape)).argmax(axis=-1)

    return act


def bin_by_bin(act: Callable[[np.ndarray], np.ndarray]) -> Act:
    """Who acts on one bin of many trials after the other, (B, n_in) each."""
    return lambda segment: np.stack([np.asarray(act(seen)) for seen in segment.inputs])


def _fresh_actor(actor: Actor) -> Callable[[np.ndarray], np.ndarray]:
    actor.reset()
    return actor.act


class _Model:
    """A model of Stable-Baselines3 in a number of trials at once, from their start on."""

    def __init__(self, model: Any, greedy: bool):
        self._model, self._greedy, self._state, self._begun = model, greedy, None, False

    def act(self, seen: np.ndarray) -> np.ndarray:
        start = np.full(len(seen), not self._begun)
        self._begun = True
        actions, self._state = self._model.predict(seen, self._state, start, deterministic=self._greedy)
        return actions


def _check_spaces(actions: Any, observations: Any, task: Task) -> None:
    """Refuse an agent made for other spaces.

    Raises:
        ArgumentError: If one is not that of the task.
    """
    expected = spaces_of(task)
    fits = isinstance(actions, gym.spaces.Discrete) and actions.n == task.n_outputs
    if not fits or (observations is not None and observations.shape != expected[0].shape):
        raise ArgumentError(
            f"the agent acts in {actions} on {observations or 'any observations'}; {task.name} takes {expected[1]}, "
            f"and shows {task.n_inputs} numbers."
        )
