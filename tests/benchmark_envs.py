"""The speed of tasks: environments beside SyncVectorEnv and NeuroGym, batches beside their normals and bytes."""

from __future__ import annotations

import tracemalloc
from typing import Any

import gymnasium as gym
import numpy as np
from timing import Peer, Work, medians, show

from cogdyn.envs import Ring, Task, TrialEnv, TrialVectorEnv, Uniform, make_task, task_names

BATCH, COPIES = 64, 1024
# The same tasks with the same timing (ms) and rings as large, and what else ours needs for them.
SHARED: dict[str, tuple[str, dict[str, Any]]] = {
    "PerceptualDecisionMaking": (
        "PerceptualDecisionMaking",
        {"fixation_ms": 100, "stimulus_ms": 2000, "decision_ms": 100, "grace_ms": 0},
    ),
    "DelayMatchSample": (
        "DelayMatchSample",
        {"fixation_ms": 300, "sample_ms": 500, "delay_ms": 1000, "test_ms": 500, "decision_ms": 900},
    ),
    "yang19.ctxdm1": (
        "yang19.ctxdm1",
        {
            "ring": Ring(16, "gaussian", sigma=np.pi / 8),
            "fixation_ms": Uniform(200, 500),
            "stimulus_ms": 500,
            "response_ms": 200,
        },
    ),
}


def stepping(env: gym.vector.VectorEnv, steps: int, fixating: float = 1.0) -> Work:
    """Step an environment with actions that fixate, or where they do not, are any."""
    env.reset(seed=0)
    rng, n = np.random.default_rng(0), env.num_envs
    idle = np.zeros_like(env.action_space.sample())
    actions = [idle] * steps
    if fixating < 1:
        strays = rng.integers(0, env.single_action_space.n, (steps, n))  # type: ignore[attr-defined]
        actions = list(np.where(rng.random((steps, n)) < fixating, 0, strays))

    def step() -> None:
        for action in actions:
            env.step(action)

    return step


def environment_seconds(task: Task, fixating: float, rounds: int, singles: int = 64) -> tuple[float, float]:
    """CPU seconds of an environment step in 1,024 native copies, and in SyncVectorEnv of single ones.

    What a single environment costs does not depend on how many there are, so fewer of them are stepped. The native
    ones are stepped for two whole trials, so that painting has its share.
    """
    steps = int(2 * task.sample(64, seed=0).lengths.mean()) + 1
    native = stepping(TrialVectorEnv(task, COPIES), steps, fixating)
    sync = stepping(gym.vector.SyncVectorEnv([lambda: TrialEnv(task)] * singles), steps, fixating)
    seconds = medians({"native": native, "sync": sync}, rounds)
    return seconds["native"] / steps / COPIES, seconds["sync"] / steps / singles


def painting(task: Task) -> tuple[dict[str, float], float]:
    """CPU seconds of ``task.sample(64)`` and of drawing its normals and writing its bytes; peak over kept memory."""
    rng, batch = np.random.default_rng(0), task.sample(BATCH, seed=0)
    arrays = (batch.inputs, batch.targets, batch.mask)

    def floor() -> None:
        rng.standard_normal(batch.inputs.shape, dtype=np.float32)
        for array in arrays:
            np.full_like(array, 1)

    def sample() -> None:
        task.sample(BATCH, rng)

    seconds = medians({"sample": sample, "floor": floor}, rounds=30)
    tracemalloc.start()
    large = task.sample(COPIES, seed=0)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del large
    return seconds, peak / kept


def compare_policies() -> None:
    """One task in many copies, for actions that end trials seldom, at times and at once."""
    rows = []
    for policy, fixating in (("fixating", 1.0), ("98 % fixating", 0.98), ("random", 0.0)):
        native, sync = environment_seconds(make_task("PerceptualDecisionMaking"), fixating, rounds=5)
        rows.append((policy, f"{1e-3 / sync:,.0f} k", f"{1e-3 / native:,.0f} k", f"{sync / native:.1f}"))
    headers = ("", "SyncVectorEnv, steps/s", "TrialVectorEnv, steps/s", "x")
    show(f"Environments: {COPIES:,} copies of PerceptualDecisionMaking", rows, headers)


def compare_with_neurogym(peer: Peer) -> None:
    """The same tasks beside NeuroGym: environments, and batches for supervised training."""
    steps, batches = 300, 5
    rows, painted = [], []
    for theirs, (ours, arguments) in SHARED.items():
        task = make_task(ours, **arguments)
        seconds = medians(
            {
                "neurogym": peer.work(task=theirs, copies=64, steps=steps),
                "64": stepping(TrialVectorEnv(task, 64), steps),
                "1024": stepping(TrialVectorEnv(task, COPIES), steps),
            },
            rounds=5,
        )
        each = {"neurogym": seconds["neurogym"] / 64, "64": seconds["64"] / 64, "1024": seconds["1024"] / COPIES}
        speed = f"{steps / each['neurogym'] / 1e3:,.0f} k", f"{task.n_inputs}"
        rows.append((ours, *speed, *(f"{each['neurogym'] / each[n]:.1f}" for n in ("64", "1024"))))

        def sample(task: Task = task) -> None:
            task.sample(64)

        seconds = medians({"neurogym": peer.work(task=theirs, batches=batches), "ours": sample}, rounds=7)
        their_speed = batches * 64 * 100 / seconds["neurogym"]
        our_speed = 64 * len(task.sample(64, seed=0).inputs) / seconds["ours"]
        numbers = f"{their_speed / 1e6:.2f} M", f"{our_speed / 1e6:.2f} M", f"{our_speed / their_speed:.1f}"
        painted.append((ours, *numbers))
    show(
        "Environments beside NeuroGym 2.3.1 in SyncVectorEnv, 64 copies; fixating, dt=20",
        rows,
        ("", "NeuroGym's steps/s", "our inputs", "x with 64 copies", "x with 1,024"),
    )
    show(
        "Batches beside NeuroGym's Dataset (64 x 100)", painted, ("", "NeuroGym's time-steps/s", "task.sample(64)", "x")
    )


def drawing(name: str, frames: int) -> Work:
    """Step an environment and draw every bin, trial after trial, fixating."""
    env = TrialEnv(name, render_mode="rgb_array")
    env.reset(seed=0)
    idle = np.zeros_like(env.action_space.sample())

    def draw() -> None:
        for _ in range(frames):
            if env.step(idle)[2]:
                env.reset()
            env.render()

    return draw


def compare_frames(peer: Peer) -> None:
    """A picture of every bin beside one of Gymnasium's CartPole, for tasks of few channels and of many."""
    frames = 20
    ours = ("DelayMatchSample", "ReversalBandit", "yang19.go")
    work = {"CartPole": peer.work(frames=frames)} | {name: drawing(name, frames) for name in ours}
    seconds = medians(work, rounds=15)
    rows = [(name, f"{1e3 * s / frames:.2f} ms", f"{s / seconds['CartPole']:.1f}") for name, s in seconds.items()]
    show('Frames, render_mode="rgb_array", with the step before', rows, ("", "a frame", "x CartPole"))


def compare_tasks() -> None:
    """Every task of the package."""
    rows = []
    for name in task_names():
        task = make_task(name)
        native, sync = environment_seconds(task, 1.0, rounds=2)
        seconds, memory = painting(task)
        bins = task.sample(BATCH, seed=0).mask.size
        numbers = f"{sync / native:.1f}", f"{bins / seconds['sample'] / 1e6:.1f} M"
        ratio = f"{seconds['sample'] / seconds['floor']:.2f}" if task.noise > 0 else "no noise"
        rows.append((name, str(task.n_inputs), *numbers, ratio, f"{memory:.2f}"))
    headers = ("", "inputs", "x SyncVectorEnv", "painted steps/s", "x normals + bytes", "peak memory")
    title = f"All tasks: {COPIES:,} copies, fixating; task.sample({BATCH}); peak memory over that of the batch"
    show(title, rows, headers)
