"""Learning from reward beside Stable-Baselines3: steps in a second, and CPU seconds until a task is learned."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from sb3_contrib import RecurrentPPO
from stable_baselines3 import PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv
from timing import Work, medians, show

from cogdyn.agents import Trajectory, alignment, behaviour, network_for, train
from cogdyn.agents.credit.policies import ChoicePolicy
from cogdyn.agents.credit.rollout import play
from cogdyn.agents.credit.stepped_rollout import play_on
from cogdyn.agents.rules import ActorCritic, RewardEProp
from cogdyn.agents.training.stable_baselines import TrialVecEnv
from cogdyn.envs import GymTask, Rewards, Task, TrialEnv, make_task
from cogdyn.envs.gym.episodes import Episodes

COPIES, N_STEPS = 64, 64
PATIENCE = 12
"""Times our CPU seconds that RecurrentPPO gets."""


def collecting(model: Any) -> Work:
    """What fills the buffer of a model once: actions, values and steps of the environments, without learning."""
    _, callback = model._setup_learn(10**9, None)

    def collect() -> None:
        model.collect_rollouts(model.env, callback, model.rollout_buffer, n_rollout_steps=model.n_steps)

    return collect


def compare_steps(name: str = "PerceptualDecisionMaking") -> None:
    """Steps of environment and policy: painted, stepped by us, stepped by Stable-Baselines3."""
    task = make_task(name)
    network = network_for(task)
    policy, draws = ChoicePolicy(), torch.Generator().manual_seed(0)
    episodes, counted = Episodes(GymTask(env=f"cogdyn/{name}-v0", n_bins=N_STEPS), COPIES, 0), {"painted": 0}

    def choose(z: torch.Tensor) -> torch.Tensor:
        return policy.sample(z, draws)

    def run(u: torch.Tensor, h: torch.Tensor | None) -> Trajectory:
        return network(u, h, generator=draws)

    @torch.no_grad()
    def painted() -> None:
        trials = task.sample(COPIES)
        rollout = play(network, task, trials, run, choose, Rewards(), True, draws)
        counted["painted"] = int(rollout.alive.sum())

    @torch.no_grad()
    def fixating() -> None:
        """As of one who has learned to fixate, so that trials last."""
        trials = task.sample(COPIES)
        play(network, task, trials, run, lambda z: torch.zeros_like(z[..., 0]).long(), Rewards(), True, draws)

    @torch.no_grad()
    def stepped() -> None:
        play_on(network, episodes, run, choose)

    envs = TrialVecEnv(task, COPIES)
    size = {"lstm_hidden_size": 100}
    settings: dict[str, Any] = {"n_steps": N_STEPS, "device": "cpu", "seed": 0}
    models = {
        "PPO, MlpPolicy": PPO("MlpPolicy", envs, **settings),
        "RecurrentPPO, 100 units": RecurrentPPO("MlpLstmPolicy", envs, policy_kwargs=size, **settings),
    }
    work = {"painted, fixating": fixating, "painted, random": painted, "our stepping": stepped}
    seconds = medians(work | {model: collecting(one) for model, one in models.items()}, rounds=5)
    steps = dict.fromkeys(seconds, COPIES * N_STEPS)
    steps |= {"painted, fixating": int(task.sample(COPIES).lengths.sum()), "painted, random": counted["painted"]}
    speed = {one: steps[one] / seconds[one] for one in seconds}
    rows = [(one, f"{v / 1e3:,.0f} k", f"{speed['painted, fixating'] / v:.1f}") for one, v in speed.items()]
    show(f"Environment and policy, {COPIES} copies of {name}", rows, ("", "steps/s", "painted is faster x"))


def stepping(envs: VecEnv) -> Work:
    """Steps of environments that fixate."""
    envs.reset()
    idle = np.zeros(envs.num_envs, int)

    def step() -> None:
        for _ in range(150):
            envs.step(idle)

    return step


def compare_vec_envs() -> None:
    """Our form of a VecEnv beside DummyVecEnv."""
    rows = []
    for name in ("PerceptualDecisionMaking", "DelayMatchSample", "ReversalBandit"):
        task = make_task(name)
        both = {"ours": TrialVecEnv(task, COPIES), "theirs": DummyVecEnv([lambda task=task: TrialEnv(task)] * COPIES)}
        seconds = medians({one: stepping(envs) for one, envs in both.items()}, rounds=3)
        speed = {one: 150 * COPIES / s for one, s in seconds.items()}
        rows.append((name, *(f"{speed[one] / 1e3:,.0f} k" for one in ("theirs", "ours")),
                     f"{speed['ours'] / speed['theirs']:.1f}"))  # fmt: skip
    show(f"VecEnv of Stable-Baselines3, {COPIES} copies", rows, ("", "DummyVecEnv, steps/s", "TrialVecEnv", "x"))


def ours_until(task: Task, goal: float, seed: int) -> tuple[float, int, float]:
    """CPU seconds, environment steps and score of ActorCritic, trained until an evaluation reaches the goal."""
    start, n_steps = time.process_time(), 0
    run = train(task, network_for(task, 50, seed=seed), ActorCritic(), 3000, seed=seed, device="cpu", stop_at=goal,
                evaluate_every=25)  # fmt: skip
    seconds = time.process_time() - start
    n_steps = run.step * 64 * len(task.sample(1, seed=0).inputs)
    return seconds, n_steps, run.metrics[-1]["score"]


def theirs_until(task: Task, goal: float, seed: int, limit: float) -> tuple[float, int, float]:
    """The same of RecurrentPPO, whose evaluations are not counted, until the goal or a limit of CPU seconds."""
    model: BaseAlgorithm = RecurrentPPO(
        "MlpLstmPolicy",
        TrialVecEnv(task, COPIES),
        n_steps=128,
        batch_size=1024,
        n_epochs=4,
        learning_rate=1e-3,
        ent_coef=1e-3,
        policy_kwargs={"lstm_hidden_size": 50, "enable_critic_lstm": False, "shared_lstm": True},
        seed=seed,
        device="cpu",
    )
    seconds = score = 0.0
    while seconds < limit and score < goal:
        start = time.process_time()
        model.learn(COPIES * 128, reset_num_timesteps=False)
        seconds += time.process_time() - start
        score = float(behaviour(model, task, 500, seed)["correct"].mean())
    return seconds, model.num_timesteps, score


def compare_learning() -> None:
    """A decision to 90 % of the ideal observer's score, a memory to 90 % correct, from reward alone."""
    rows = []
    for name, of_ceiling in (("PerceptualDecisionMaking", True), ("DelayMatchSample", False)):
        task = make_task(name)
        goal = 0.9 * (task.ceiling if of_ceiling else 1.0)
        for seed in range(2):
            ours, n_ours, score = ours_until(task, goal, seed)
            theirs, n_theirs, their_score = theirs_until(task, goal, seed, PATIENCE * ours)
            more = "> " if their_score < goal else ""
            rows.append((f"{name}, seed {seed}", f"{ours:.0f} s, {n_ours / 1e3:,.0f} k, {score:.2f}",
                         f"{theirs:.0f} s, {n_theirs / 1e3:,.0f} k, {their_score:.2f}",
                         f"{more}{theirs / ours:.1f}"))  # fmt: skip
    headers = ("until the goal: CPU, steps, score", "ActorCritic", "RecurrentPPO", "x")
    show("Learning from reward", rows, headers)


def compare_local() -> None:
    """Local credit beside full: updates until the goal, score, and the angle to the full policy gradient there."""
    task, rows = make_task("PerceptualDecisionMaking"), []
    goal, batch = 0.9 * task.ceiling, task.sample(500, seed=1)
    shared: dict[str, Any] = {"gamma": 0.99, "entropy": 0.0, "rate_penalty": 0.0}
    full = ActorCritic(gae_lambda=1.0, normalise=False, value_cost=0.0, **shared)
    measured = {"ActorCritic": full, "RewardEProp": RewardEProp(**shared)}
    for name, rule in (("ActorCritic", ActorCritic), ("RewardEProp", RewardEProp)):
        for seed in range(2):
            network = network_for(task, 50, seed=seed)
            run = train(task, network, rule(), 3000, seed=seed, device="cpu", stop_at=goal)
            found, exact = (
                one.gradient(network, batch, torch.Generator().manual_seed(0)) for one in (measured[name], full)
            )
            score, cosine = run.metrics[-1]["score"], alignment(found, exact)["all synapses"]
            rows.append((f"{name}, seed {seed}", f"{64 * run.step:,}", f"{score:.2f}", f"{cosine:.2f}"))
    show("Full and local credit", rows, ("until the goal", "trials", "score", "cosine with the full gradient"))


def compare_reward() -> None:
    """All of it."""
    compare_steps()
    compare_vec_envs()
    compare_learning()
    compare_local()
