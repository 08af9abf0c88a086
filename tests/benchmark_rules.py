"""Speed of learning rules beside plain NumPy ones (part of ``make bench``)."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from online_numpy import NumpyNetwork
from timing import Work, medians, show

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.credit_rule import CreditRule
from cogdyn.agents.credit.loops import learning
from cogdyn.agents.measures.cost import CostWatch
from cogdyn.agents.rules import BPTT, DNI, RFLO, RTRL, SnAp1
from cogdyn.envs.trial import TrialBatch

T, N_IN, N_OUT, DT = 100, 2, 2, 10.0
REFERENCES = {
    "RFLO": "rflo",
    "RFLO, 1,000 bins": "rflo",
    "RFLO by steps": "rflo",
    "SnAp1": "rflo",
    "RFLO after trials": "rflo",
    "DNI": "dni",
    "RTRL": "rtrl",
    "its products alone": "rtrl",
}
"""Which of NumPy's rules each of ours is set beside."""
MEASURED = ((32, 1), (32, 64), (128, 1), (128, 64))


def trials(batch_size: int, n_bins: int = T, n_in: int = N_IN, n_out: int = N_OUT) -> TrialBatch:
    """Trials without meaning, with continuous targets."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((n_bins, batch_size, n_in)).astype(np.float32)
    targets = rng.standard_normal((n_bins, batch_size, n_out)).astype(np.float32)
    return TrialBatch(inputs, targets, np.ones((n_bins, batch_size), np.float32), {}, {}, DT, "continuous")


def network(n: int, n_in: int = N_IN, n_out: int = N_OUT, noise: float = 0.0) -> RateRNN:
    """A tanh network with leak on the rate."""
    return RateRNN(n_in, n, n_out, dt=DT, tau=2 * DT, activation="tanh", leak="rate", noise=noise, train_h0=False)


def ours(rule: CreditRule, n: int, batch: TrialBatch) -> Work:
    """One update on the batch."""
    net = network(n)

    def work() -> None:
        rule.update(net, batch)

    return work


def theirs(name: str, n: int, batch: TrialBatch) -> Work:
    """CPU seconds of NumPy's rule on one trial of the batch."""
    net = NumpyNetwork(n, N_IN, N_OUT)
    step = getattr(net, name)
    inputs, targets = batch.inputs[:, 0].astype(float), batch.targets[:, 0].astype(float)

    def work() -> float:
        net.reset()
        start = time.process_time()
        for x, y in zip(inputs, targets, strict=True):
            step(x, y)
        return time.process_time() - start

    return work


def by_steps(work: Work) -> Work:
    """The same without compiled loops."""

    def slower() -> float | None:
        with patch.object(learning, "why_no_numba", lambda: "the benchmark asks for steps"):
            return work()

    return slower


def first_updates() -> tuple[float, float]:
    """CPU seconds of the first update of a process, with an empty cache of numba, and with the one that it left."""
    code = (
        "import time; from benchmark_rules import *; work = ours(RFLO(update_every='bin'), 32, trials(1)); "
        "start = time.process_time(); work(); print(time.process_time() - start)"
    )
    with tempfile.TemporaryDirectory() as folder:
        run = partial(
            subprocess.run,
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent,
            env=os.environ | {"NUMBA_CACHE_DIR": folder},
        )
        compiled, cached = (float(run().stdout) for _ in range(2))
    return compiled, cached


def influence_products(n: int, batch_size: int) -> Work:
    """What RTRL cannot do without: the product of Jacobian and influence in every bin, and nothing else."""
    draw = partial(torch.randn, generator=torch.Generator().manual_seed(0))
    jacobian, influence = 0.1 * draw(batch_size, n, n), draw(batch_size, n, n * (n + N_IN + 1))
    after = torch.empty_like(influence)

    def work() -> None:
        for _ in range(T):
            torch.bmm(jacobian, influence, out=after)

    return work


def compare_rules(rounds: int = 7) -> None:
    """Sample-steps a second with an update in every bin, and at the end of trials, beside NumPy one trial at a time."""
    rows = []
    for n, batch_size in MEASURED:
        batch, n_bins = trials(batch_size), T
        variants: dict[str, Work] = {
            "rflo": theirs("rflo", n, batch),
            "RFLO": ours(RFLO(update_every="bin", clip=None, lr=1e-3), n, batch),
            "RFLO by steps": by_steps(ours(RFLO(update_every="bin", clip=None, lr=1e-3), n, batch)),
            "SnAp1": ours(SnAp1(update_every="bin", clip=None, lr=1e-3), n, batch),
            "RFLO after trials": ours(RFLO(clip=None), n, batch),
            "dni": theirs("dni", n, batch),
            "DNI": ours(DNI(update_every="bin", clip=None, lr=1e-3), n, batch),
        }
        if n == 32:
            variants |= {"rtrl": theirs("rtrl", n, batch), "RTRL": ours(RTRL(update_every="bin", clip=None), n, batch)}
            variants["its products alone"] = influence_products(n, batch_size)
        if batch_size == 1:
            variants["RFLO, 1,000 bins"] = ours(RFLO(update_every="bin", clip=None, lr=1e-3), n, trials(1, 10 * T))
        seconds = medians(variants, rounds)
        for name, reference in REFERENCES.items():
            if name in seconds:
                rate = batch_size * n_bins / seconds[name] * (10 if "1,000" in name else 1)
                ratio = rate * seconds[reference] / n_bins
                rows.append((name, str(n), str(batch_size), f"{rate:,.0f}", f"{ratio:.1f} x"))
    show(
        "Learning rules: sample-steps a second; beside NumPy, one trial at a time",
        rows,
        ("rule", "N", "B", "sample-steps/s", "NumPy"),
    )
    compiled, cached = first_updates()
    print(f"The first update of a process by RFLO: {compiled:.1f} s, and {cached:.1f} s with loops from the cache.\n")
    compare_with_bptt(rounds)


def compare_with_bptt(rounds: int = 7) -> None:
    """A whole training step of RFLO after trials, beside that of BPTT, and beside traces of every synapse."""
    rows = []
    for n, batch_size, n_bins in ((100, 64, 200), (256, 64, 500)):
        batch = trials(batch_size, n_bins, 6, 3)
        variants: dict[str, Work] = {}
        for rule in (RFLO(), BPTT()):
            variants[type(rule).__name__] = partial(_update, rule, network(n, 6, 3, noise=0.05), batch)
        seconds = medians(variants, rounds)
        memory = CostWatch({"RFLO": RFLO(), "BPTT": BPTT()}, batch)(network(n, 6, 3, noise=0.05), 0)
        sizes = (memory["RFLO: MiB"], memory["BPTT: MiB"], batch_size * n * (n + 7) * 4 / 2**20)
        ratio = f"{seconds['RFLO'] / seconds['BPTT']:.2f}"
        rows.append((f"{n}, {batch_size}, {n_bins}", ratio, *(f"{size:.0f}" for size in sizes)))
    headers = ("N, B, T", "time, of BPTT", "MiB", "BPTT, MiB", "traces alone, MiB")
    show("A training step of RFLO after trials", rows, headers)


def _update(rule: RFLO | BPTT, net: RateRNN, batch: TrialBatch) -> None:
    rule.update(net, batch)


if __name__ == "__main__":
    torch.set_num_threads(1)
    compare_rules()
