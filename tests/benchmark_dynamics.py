"""The speed of the search for fixed points, beside a plain descent by Adam: same states, same tolerance, same run."""

from __future__ import annotations

import math

import numpy as np
import torch
from timing import medians, show
from torch import Tensor

from cogdyn.agents.dynamics import fixed_points, sample_candidates
from cogdyn.agents.dynamics.merging import merge
from cogdyn.agents.dynamics.step_callable import Step

N, CANDIDATES, TOLERANCE, APART = 256, 10_000, 1e-12, 1e-3


def three_bits(n: int = N, alpha: float = 0.2) -> Step:
    """A tanh network that holds three bits, with synapses at random beside those that hold them."""
    generator = torch.Generator().manual_seed(0)
    normal = torch.randn(n, n + 3, dtype=torch.float64, generator=generator)
    patterns = torch.linalg.qr(normal[:, :3]).Q
    weights = (2.5 * patterns @ patterns.T + 0.5 * normal[:, 3:] / math.sqrt(n)).T.contiguous()
    return lambda h: (1 - alpha) * h + alpha * torch.tanh(h) @ weights


def trajectories(step: Step, n_trials: int = 200, n_steps: int = 50) -> np.ndarray:
    """States on the way from random first ones, (T, B, N)."""
    h = torch.randn(n_trials, N, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    states = [h]
    for _ in range(n_steps - 1):
        states.append(step(states[-1]))
    return torch.stack(states).numpy()


def adam(step: Step, x: Tensor, n_steps: int = 5000, first: float = 0.3, last: float = 1e-3) -> Tensor:
    """Descend in the speed by Adam, with the best of the schedules tried; states that arrived, (K, N).

    States that have arrived are dropped, as ours are. A constant learning rate, as far as tried, brings half as many
    there.
    """
    mean, square, arrived = torch.zeros_like(x), torch.zeros_like(x), []
    for t in range(1, n_steps + 1):
        x = x.detach().requires_grad_()
        q = (step(x) - x).square().sum(dim=1) / 2
        (gradient,) = torch.autograd.grad(q.sum(), x)
        x = x.detach()
        if t % 20 == 0:
            there = q < TOLERANCE
            arrived.append(x[there])
            x, mean, square, gradient = (a[~there] for a in (x, mean, square, gradient))
        mean.mul_(0.9).add_(gradient, alpha=0.1)
        square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        lr = first * (last / first) ** (t / n_steps)
        x = x - lr * (mean / (1 - 0.9**t)) / ((square / (1 - 0.999**t)).sqrt() + 1e-12)
    return torch.cat(arrived)


def compare_fixed_points(n_adam: int = 500, rounds: int = 1) -> None:
    """All candidates by ours, and some by both; what Adam costs grows with their number, so its time is scaled."""
    step = three_bits()
    candidates = sample_candidates(trajectories(step), CANDIDATES, noise=0.1)
    some = torch.from_numpy(candidates[:n_adam])
    found = {}

    def ours(name: str, states: np.ndarray | Tensor) -> None:
        result = fixed_points(step, states, tolerance=TOLERANCE, merge_distance=APART)
        found[name] = (result.members.sum(), len(result))

    def peers() -> None:
        states = adam(step, some)
        found["Adam"] = (len(states), len(merge(states, APART)[0]))

    seconds = medians(
        {"all": lambda: ours("all", candidates), "some": lambda: ours("some", some), "Adam": peers}, rounds
    )
    sizes, each = {"all": CANDIDATES, "some": n_adam, "Adam": n_adam}, seconds["Adam"] / n_adam
    names = {"all": "fixed_points", "some": "fixed_points", "Adam": "Adam, 5,000 steps"}
    rows = [
        (
            names[name],
            f"{sizes[name]:,}",
            f"{s:.1f}",
            f"{each * sizes[name] / s:.1f}",
            f"{100 * found[name][0] / sizes[name]:.0f} %",
            f"{found[name][1]}",
        )
        for name, s in seconds.items()
    ]
    show(
        f"Fixed points of a tanh network, N={N}, to q < {TOLERANCE:g}; points {APART:g} apart",
        rows,
        ("", "candidates", "CPU s", "x Adam, per candidate", "arrived", "distinct points"),
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    compare_fixed_points()
