"""Speed, measured side by side in one run: interleaved, CPU time, one thread, medians (``make bench``)."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from cogdyn.agents import RateRNN
from cogdyn.agents.ensemble import ensemble_of
from cogdyn.agents.losses import task_loss
from cogdyn.agents.plain_loop import plain_loop
from cogdyn.agents.rules import BPTT, DASC, SCTT
from cogdyn.agents.rules.annealed import AnnealedRule
from cogdyn.agents.scan import Credit
from cogdyn.envs import Ring, Task, TrialEnv, TrialVectorEnv, Uniform, make_task, task_names
from cogdyn.envs.trial import TrialBatch

N, B, T, N_IN, N_OUT = 100, 64, 200, 6, 3
ENVS = 1024
PEERS = Path(__file__).parents[1] / ".venv/peers/bin/python"
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

Work = Callable[[], float | None]
"""What is timed; it returns its CPU seconds if it measures them itself."""


def medians(variants: dict[str, Work], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each variant, all of them run in turn in every round, after one round of warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, work in variants.items():
            start = time.process_time()
            own = work()
            if number:
                seconds[name].append(time.process_time() - start if own is None else own)
    return {name: statistics.median(values) for name, values in seconds.items()}


def random_batch(batch_size: int, n_bins: int) -> TrialBatch:
    """Trials without meaning: six inputs, three classes."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(n_bins, batch_size, N_IN, generator=generator)
    targets = torch.randint(N_OUT, (n_bins, batch_size), generator=generator)
    spans = {"trial": (np.zeros(batch_size, int), np.full(batch_size, n_bins))}
    return TrialBatch(inputs.numpy(), targets.numpy(), np.ones(targets.shape, np.float32), {}, spans, 20.0, "choice")


def products(n: int, batch_size: int, n_bins: int) -> Work:
    """The matrix products of a gradient of the whole trial, and nothing else."""
    draw = partial(torch.randn, generator=torch.Generator().manual_seed(0))
    w, w_in, w_out = draw(n, n), draw(N_IN, n), draw(n, N_OUT)
    inputs, rates, errors = (draw(n_bins * batch_size, k) for k in (N_IN, n, N_OUT))

    def work() -> None:
        for rates_t in rates.view(n_bins, batch_size, n):
            rates_t @ w
            rates_t @ w.T
        inputs @ w_in
        rates @ w_out
        errors @ w_out.T
        rates.T @ rates
        rates.T @ inputs
        rates.T @ errors

    return work


def core_variants(n: int, batch_size: int, n_bins: int) -> dict[str, Work]:
    """The gradient of the whole trial: the scan, the plain loop, PyTorch's network, and the bare products."""
    batch = random_batch(batch_size, n_bins)
    inputs, targets, mask = (torch.from_numpy(a) for a in (batch.inputs, batch.targets, batch.mask))
    generator = torch.Generator().manual_seed(0)

    def ours(noise: float, credit: Credit = "full") -> Work:
        network = RateRNN(N_IN, n, N_OUT, activation="tanh", noise=noise)

        def work() -> None:
            network.zero_grad()
            outputs = network(inputs, generator=generator, credit=credit).outputs
            task_loss(outputs, targets, mask).backward()

        return work

    network = RateRNN(N_IN, n, N_OUT, activation="tanh", noise=0.05)

    def loop() -> None:
        network.zero_grad()
        xi = torch.empty(n_bins, batch_size, n).normal_(generator=generator)
        task_loss(plain_loop(network, inputs, xi=xi).outputs, targets, mask).backward()

    peer, readout = torch.nn.RNN(N_IN, n), torch.nn.Linear(n, N_OUT)

    def torch_rnn() -> None:
        peer.zero_grad()
        readout.zero_grad()
        task_loss(readout(peer(inputs)[0]), targets, mask).backward()

    ensemble = ensemble_of(RateRNN(N_IN, n, N_OUT, activation="tanh", noise=0.05), 10)

    def ten() -> None:
        ensemble.zero_grad()
        task_loss(ensemble(inputs, generator=generator).outputs, targets, mask).sum().backward()

    variants = {
        "quiet": ours(0.0),
        "noisy": ours(0.05),
        "credit none": ours(0.05, "none"),
        "plain loop": loop,
        "torch.nn.RNN": torch_rnn,
        "products": products(n, batch_size, n_bins),
    }
    return variants | ({"ten": ten} if n <= 50 else {})


def compare_core() -> None:
    """What the scan costs beside its matrix products, beside the plain loop and beside PyTorch's own network."""
    rows = []
    for shape in ((50, 20, 350), (100, 64, 200), (256, 64, 500)):
        t = medians(core_variants(*shape), rounds=9 if shape[0] < 256 else 5)
        numbers = (
            t["quiet"] / t["products"],
            t["plain loop"] / t["noisy"],
            t["credit none"] / t["noisy"],
            t["torch.nn.RNN"] / t["quiet"],
        )
        alone = f"{10 * t['noisy'] / t['ten']:.2f}" if "ten" in t else ""
        rows.append((f"{shape}", f"{1e3 * t['noisy']:.1f} ms", *(f"{x:.2f}" for x in numbers), alone))
    show(
        "The core (N, B, T): gradient of whole trials; quiet: without noise",
        rows,
        ("", "noisy", "quiet / products", "loop / noisy", "no credit / full", "nn.RNN / quiet", "10 alone / 10"),
    )


def training_variants(peer: Peer | None) -> dict[str, Work]:
    """One update (forward, backward, Adam) of networks of the same shapes, and the bare matrix products of one."""
    batch = random_batch(B, T)
    inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
    generator = torch.Generator().manual_seed(0)

    def ours(rule: BPTT | AnnealedRule | None = None, **arguments: float) -> Work:
        network, rule = RateRNN(N_IN, N, N_OUT, activation="tanh", **arguments), rule or BPTT()

        def update() -> None:
            rule.update(network, batch, generator)

        return update

    rnn, readout = torch.nn.RNN(N_IN, N), torch.nn.Linear(N, N_OUT)
    parameters = [*rnn.parameters(), *readout.parameters()]
    adam = torch.optim.Adam(parameters)

    def torch_rnn() -> None:
        adam.zero_grad()
        outputs = readout(rnn(inputs)[0]).flatten(0, 1)
        torch.nn.functional.cross_entropy(outputs, targets.flatten()).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()

    multiply, noise = products(N, B, T), torch.empty(T, B, N)

    def bare() -> None:
        for xi in noise:  # in pieces, as they stay in the cache
            xi.normal_(generator=generator)
        multiply()

    both = {"dale": 0.8, "noise": 0.05}
    variants = {
        "RateRNN, noise and Dale's law": ours(**both),
        "RateRNN, neither": ours(),
        "the same with SCTT, lag 20 bins": ours(SCTT(lag_ms=400, schedule=(0.5, 1)), **both),
        "the same with DASC, lag 20 bins": ours(DASC(lag_ms=400, schedule=(0.5, 1)), **both),
        "torch.nn.RNN (no leak, no noise)": torch_rnn,
        "bare matrix products": multiply,
        "bare products, and normal numbers": bare,
    }
    return (
        variants
        if peer is None
        else variants | {"nn4n, noise and Dale's law": peer.work(network=[N, B, T, N_IN, N_OUT])}
    )


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
    native = stepping(TrialVectorEnv(task, ENVS), steps, fixating)
    sync = stepping(gym.vector.SyncVectorEnv([lambda: TrialEnv(task)] * singles), steps, fixating)
    seconds = medians({"native": native, "sync": sync}, rounds)
    return seconds["native"] / steps / ENVS, seconds["sync"] / steps / singles


def painting(task: Task) -> tuple[dict[str, float], float]:
    """CPU seconds of ``task.sample(64)`` and of drawing its normals and writing its bytes; peak over kept memory."""
    rng, batch = np.random.default_rng(0), task.sample(B, seed=0)
    arrays = (batch.inputs, batch.targets, batch.mask)

    def floor() -> None:
        rng.standard_normal(batch.inputs.shape, dtype=np.float32)
        for array in arrays:
            np.full_like(array, 1)

    def sample() -> None:
        task.sample(B, rng)

    seconds = medians({"sample": sample, "floor": floor}, rounds=30)
    tracemalloc.start()
    large = task.sample(ENVS, seed=0)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del large
    return seconds, peak / kept


class Peer:
    """NeuroGym and nn4n in an interpreter of their own, working when they are told to."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("benchmark_peers.py")
        self._process = subprocess.Popen([PEERS, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def work(self, **job: Any) -> Work:
        """A job whose seconds the peers' process measures itself."""

        def ask() -> float:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(job), file=self._process.stdin, flush=True)
            return float(json.loads(self._process.stdout.readline()))

        return ask


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
                "1024": stepping(TrialVectorEnv(task, ENVS), steps),
            },
            rounds=5,
        )
        each = {"neurogym": seconds["neurogym"] / 64, "64": seconds["64"] / 64, "1024": seconds["1024"] / ENVS}
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


def import_seconds(module: str) -> float:
    """CPU seconds of importing a module in a new interpreter."""
    code = f"import time; s = time.process_time(); import {module}; print(time.process_time() - s)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def show(title: str, rows: list[tuple[str, ...]], headers: tuple[str, ...]) -> None:
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

    peer = Peer() if PEERS.exists() else None
    seconds = medians(training_variants(peer), rounds=15)
    reference = seconds["torch.nn.RNN (no leak, no noise)"]
    show(
        f"Training: forward, backward and Adam; N={N}, B={B}, T={T}",
        [(name, f"{T * B / s / 1e3:,.0f} k", f"{reference / s:.2f}") for name, s in seconds.items()],
        ("", "sample-steps/s", "x torch.nn.RNN"),
    )

    compare_core()
    # They measure with the functions of this file, so that it cannot import them at its top.
    from benchmark_dynamics import compare_fixed_points
    from benchmark_population import compare_population
    from benchmark_rules import compare_rules

    compare_rules()
    compare_population()
    compare_fixed_points()

    modules = ("gymnasium", "cogdyn.envs")
    imports = np.median([[import_seconds(module) for module in modules] for _ in range(7)], axis=0)
    show(
        "Import",
        [(name, f"{1e3 * s:.0f} ms", f"{s / imports[0]:.2f}") for name, s in zip(modules, imports, strict=True)],
        ("", "CPU", "x gymnasium"),
    )

    rows = []
    for policy, fixating in (("fixating", 1.0), ("98 % fixating", 0.98), ("random", 0.0)):
        native, sync = environment_seconds(make_task("PerceptualDecisionMaking"), fixating, rounds=5)
        rows.append((policy, f"{1e-3 / sync:,.0f} k", f"{1e-3 / native:,.0f} k", f"{sync / native:.1f}"))
    headers = ("", "SyncVectorEnv, steps/s", "TrialVectorEnv, steps/s", "x")
    show(f"Environments: {ENVS:,} copies of PerceptualDecisionMaking", rows, headers)

    if peer is not None:
        compare_with_neurogym(peer)
    else:
        print(f"NeuroGym and nn4n are not installed in {PEERS.parents[1]}: left out. `make bench` installs it.\n")

    rows = []
    for name in task_names():
        task = make_task(name)
        native, sync = environment_seconds(task, 1.0, rounds=2)
        seconds, memory = painting(task)
        bins = task.sample(B, seed=0).mask.size
        numbers = f"{sync / native:.1f}", f"{bins / seconds['sample'] / 1e6:.1f} M"
        ratio = f"{seconds['sample'] / seconds['floor']:.2f}" if task.noise > 0 else "no noise"
        rows.append((name, str(task.n_inputs), *numbers, ratio, f"{memory:.2f}"))
    headers = ("", "inputs", "x SyncVectorEnv", "painted steps/s", "x normals + bytes", "peak memory")
    show(f"All tasks: {ENVS:,} copies, fixating; task.sample({B}); peak memory over that of the batch", rows, headers)


if __name__ == "__main__":
    main()
