"""The speed of training: the core beside its bare matrix products, beside plain loops and beside peers."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from timing import Peer, Work, medians, show

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.annealed import AnnealedRule
from cogdyn.agents.credit.losses import task_loss
from cogdyn.agents.network.ensemble import ensemble_of
from cogdyn.agents.network.plain_loop import plain_loop
from cogdyn.agents.network.scan import Credit
from cogdyn.agents.rules import BPTT, DASC, SCTT
from cogdyn.envs.trial import TrialBatch

N, B, T, N_IN, N_OUT = 100, 64, 200, 6, 3


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


def compare_training(peer: Peer | None) -> None:
    """Updates a second of our networks and of peers."""
    seconds = medians(training_variants(peer), rounds=15)
    reference = seconds["torch.nn.RNN (no leak, no noise)"]
    show(
        f"Training: forward, backward and Adam; N={N}, B={B}, T={T}",
        [(name, f"{T * B / s / 1e3:,.0f} k", f"{reference / s:.2f}") for name, s in seconds.items()],
        ("", "sample-steps/s", "x torch.nn.RNN"),
    )
