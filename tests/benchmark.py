"""Speed, measured side by side in one run: interleaved, CPU time, one thread, medians (``make bench``)."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import gymnasium as gym
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from cogdyn.agents import RateRNN
from cogdyn.agents.rules import BPTT
from cogdyn.envs import TrialEnv, TrialVectorEnv, make_task, task_names
from cogdyn.envs.trial import TrialBatch

N, B, T, N_IN, N_OUT = 100, 64, 200, 6, 3
ENVS, ENV_STEPS = 1024, 40


def medians(variants: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each variant, all of them run in turn in every round, after one round of warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, work in variants.items():
            start = time.process_time()
            work()
            if number:
                seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def training_variants() -> dict[str, Callable[[], object]]:
    """One update (forward, backward, Adam) of networks of the same shapes, and the bare matrix products of one."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(T, B, N_IN, generator=generator)
    targets = torch.randint(N_OUT, (T, B), generator=generator)
    mask = torch.ones(T, B)
    batch = TrialBatch(
        inputs.numpy(), targets.numpy(), mask.numpy(), {}, {"trial": (np.zeros(B), np.full(B, T))}, 20.0, "choice"
    )

    def ours(**arguments: float) -> Callable[[], object]:
        network, rule = RateRNN(N_IN, N, N_OUT, activation="tanh", **arguments), BPTT()
        return lambda: rule.update(network, batch, generator)

    peer, readout = torch.nn.RNN(N_IN, N), torch.nn.Linear(N, N_OUT)
    parameters = [*peer.parameters(), *readout.parameters()]
    adam = torch.optim.Adam(parameters)

    def torch_rnn() -> None:
        adam.zero_grad()
        outputs = readout(peer(inputs)[0]).flatten(0, 1)
        torch.nn.functional.cross_entropy(outputs, targets.flatten()).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()

    draw = partial(torch.randn, generator=torch.Generator().manual_seed(0))
    w, w_in, w_out = draw(N, N), draw(N_IN, N), draw(N, N_OUT)
    rates, errors = draw(T, B, N), draw(T * B, N_OUT)

    def products() -> None:
        flat = rates.flatten(0, 1)
        for rates_t in rates:
            rates_t @ w
            rates_t @ w.T
        inputs.flatten(0, 1) @ w_in
        flat @ w_out
        errors @ w_out.T
        flat.T @ flat
        flat.T @ inputs.flatten(0, 1)
        flat.T @ errors

    return {
        "RateRNN, noise and Dale's law": ours(dale=0.8, noise=0.05),
        "RateRNN, neither": ours(),
        "torch.nn.RNN (no leak, no noise)": torch_rnn,
        "bare matrix products": products,
    }


def environment_variants(fixating: float) -> dict[str, Callable[[], object]]:
    """The same environment steps, all copies stepped by one class or one by one.

    Args:
        fixating: Fraction of actions that fixate; the others are any. Where none is meant to, fixation breaks at
            once, and painting trials is what takes the time in both.
    """
    native = TrialVectorEnv("PerceptualDecisionMaking", num_envs=ENVS)
    each = gym.vector.SyncVectorEnv([lambda: TrialEnv("PerceptualDecisionMaking")] * ENVS)
    rng = np.random.default_rng(0)
    actions = np.where(rng.random((ENV_STEPS, ENVS)) < fixating, 0, rng.integers(0, 3, (ENV_STEPS, ENVS)))

    def step(env: gym.vector.VectorEnv) -> Callable[[], object]:
        env.reset(seed=0)
        return lambda: [env.step(action) for action in actions]

    return {"TrialVectorEnv": step(native), "SyncVectorEnv of TrialEnv": step(each)}


def import_seconds(module: str) -> float:
    """CPU seconds of importing a module in a new interpreter."""
    code = f"import time; s = time.process_time(); import {module}; print(time.process_time() - s)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def show(title: str, rows: list[tuple[str, str, str]], headers: tuple[str, str, str]) -> None:
    """Print one table."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, header in enumerate(headers):
        table.add_column(header, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=110, highlight=False).print(title, table, "")


def main() -> None:
    """Measure and print all."""
    torch.set_num_threads(1)
    print(f"{platform.machine()}, torch {torch.__version__}, numpy {np.__version__}; one thread, medians of CPU time\n")

    seconds = medians(training_variants(), rounds=15)
    reference = seconds["torch.nn.RNN (no leak, no noise)"]
    show(
        f"Training: forward, backward and Adam; N={N}, B={B}, T={T}",
        [(name, f"{T * B / s / 1e3:,.0f} k", f"{reference / s:.2f}") for name, s in seconds.items()],
        ("", "sample-steps/s", "x torch.nn.RNN"),
    )

    for policy, fixating in (("fixating", 1.0), ("98 % fixating", 0.98), ("random", 0.0)):
        seconds = medians(environment_variants(fixating), rounds=7)
        reference = seconds["SyncVectorEnv of TrialEnv"]
        show(
            f"Environments: {ENVS:,} copies of PerceptualDecisionMaking, {policy}",
            [(name, f"{ENVS * ENV_STEPS / s / 1e3:,.0f} k", f"{reference / s:.1f}") for name, s in seconds.items()],
            ("", "env-steps/s", "x SyncVectorEnv"),
        )

    modules = ("gymnasium", "cogdyn.envs")
    seconds = np.median([[import_seconds(module) for module in modules] for _ in range(7)], axis=0)
    show(
        "Import",
        [(name, f"{1e3 * s:.0f} ms", f"{s / seconds[0]:.2f}") for name, s in zip(modules, seconds, strict=True)],
        ("", "CPU", "x gymnasium"),
    )

    rows = []
    for name in task_names():
        task, rng = make_task(name), np.random.default_rng(0)
        shape = task.sample(B, seed=0).inputs.shape
        seconds = medians(
            {
                "sample": lambda task=task, rng=rng: task.sample(B, rng),
                "normals": lambda shape=shape, rng=rng: rng.standard_normal(shape, dtype=np.float32),
            },
            rounds=60,
        )
        speed = shape[0] * shape[1] / seconds["sample"] / 1e6
        rows.append((name, f"{speed:.1f} M", f"{seconds['sample'] / seconds['normals']:.1f}"))
    show(f"Painting: task.sample({B})", rows, ("", "time-steps/s", "x time of as many normals"))


if __name__ == "__main__":
    main()
