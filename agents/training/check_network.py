"""The promises of a network of one's own, as checks that say how to repair what they find broken."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ...envs.contract.requirement import ContractError, message_of, require, require_all
from ...envs.gym.trial_env import TrialEnv
from ...envs.task import Task
from ...envs.typechecked import typechecked
from ..network.own_networks import check_saveable
from ..network.protocol import Network, first_parameter
from ..network.trajectory import Trajectory
from ..rules.bptt import BPTT
from .actor import Actor
from .evaluation import check_fit
from .run import Run, describe, load_run

N_TRIALS = 5
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}
"""How far outputs may be apart that should be the same, in parts of the largest."""


def check_finite(network: Network, task: Task) -> None:
    """Rates and outputs are finite numbers, of the precision of the weights."""
    found, like = _quiet(network, _inputs(network, task)), first_parameter(network)
    for name, values in (("rates", found.rates), ("outputs", found.outputs), ("state", found.state)):
        require(torch.isfinite(values).all(), f"{name} hold NaN or infinity before any learning.")
        require(values.dtype == like.dtype, f"{name} are {values.dtype}, the weights {like.dtype}.")


def check_time(network: Network, task: Task) -> None:
    """Time comes first: outputs depend on inputs until then, and on no later ones."""
    inputs = _inputs(network, task)
    half, changed = len(inputs) // 2, inputs.clone()
    changed[half:] += 1
    before, after = (_quiet(network, each).outputs for each in (inputs, changed))
    same = _same(before[:half], after[:half])
    require(same, "outputs depend on inputs of later bins: is it time first, (T, B, n_in), and without a way back?")


def check_trials(network: Network, task: Task) -> None:
    """Trials do not influence each other."""
    inputs = _inputs(network, task)
    alone = torch.cat([_quiet(network, each).outputs for each in inputs.split(1, dim=1)], dim=1)
    require(_same(_quiet(network, inputs).outputs, alone), "outputs of a trial are others when it runs alone.")


def check_state(network: Network, task: Task) -> None:
    """The state is all that is remembered: bin by bin it does the same as in one go."""
    inputs = _inputs(network, task)
    whole, h, outputs = _quiet(network, inputs), network.initial_state(N_TRIALS), []
    for bin in inputs.split(1):
        found = _quiet(network, bin, h)
        outputs.append(found.outputs)
        h = found.state
    hint = "is h used when it is given, and all that goes on from bin to bin part of the state?"
    require(_same(whole.outputs, torch.cat(outputs)), f"outputs bin by bin are others than in one go: {hint}")
    require(_same(whole.state, h), f"the state bin by bin is another than in one go: {hint}")


def check_noise(network: Network, task: Task) -> None:
    """With noise=0 nothing is drawn, and with a generator of the same seed the same."""
    inputs, before = _inputs(network, task), torch.random.get_rng_state()
    quiet = [_quiet(network, inputs).outputs for _ in range(2)]
    drawn = not torch.equal(torch.random.get_rng_state(), before)
    require(torch.equal(*quiet) and not drawn, "with noise=0 it still draws random numbers: dropout, or noise=None?")
    generators = [torch.Generator(inputs.device).manual_seed(1) for _ in range(2)]
    noisy = [network(inputs, generator=generator).outputs for generator in generators]
    require(torch.equal(*noisy), "noise is not drawn from the generator that is given.")


def check_unchanged(network: Network, task: Task) -> None:
    """A forward pass changes nothing in the network."""
    before = copy.deepcopy(network.state_dict())
    _quiet(network, _inputs(network, task))
    changed = [name for name, value in network.state_dict().items() if not torch.equal(value, before[name])]
    require(not changed, f"a forward pass changed {', '.join(changed)}.")


def check_gradient(network: Network, task: Task) -> None:
    """BPTT finds a finite gradient that is not 0 everywhere."""
    with torch.enable_grad():
        gradient = BPTT().gradient(network, task.sample(N_TRIALS, seed=0))
    require(gradient, "no parameter learns: requires_grad is False for all of them.")
    wrong = [name for name, value in gradient.items() if not torch.isfinite(value).all()]
    require(not wrong, f"the gradient of {', '.join(wrong)} holds NaN or infinity.")
    moved = any(value.any() for value in gradient.values())
    require(moved, "the gradient is 0 everywhere: is the trajectory detached from the weights?")


def check_precision(network: Network, task: Task) -> None:
    """It runs in float64 as in float32, after ``network.to(torch.float64)``."""
    inputs = _inputs(network, task)
    exact = copy.deepcopy(network)
    exact.to(torch.float64)
    found = _quiet(exact, inputs.double()).outputs
    require(found.dtype == torch.float64, f"in float64 outputs are {found.dtype}.")
    require(_same(_quiet(network, inputs).outputs.double(), found, 1e-3), "outputs in float64 are others.")


def check_acting(network: Network, task: Task) -> None:
    """It acts in ``Actor``, where each trial starts from the same state."""
    actor = Actor(network, TrialEnv(task).action_space, probabilities=task.kind == "probability")
    for bin in _inputs(network, task).cpu().numpy():
        allowed = all(map(actor.action_space.contains, actor.act(bin)))
        require(allowed, f"an action is none of {actor.action_space}.")
    actor.reset(np.arange(N_TRIALS) == 0)
    many, one = network.initial_state(N_TRIALS), network.initial_state(1)
    require(torch.equal(many, one.expand_as(many)), "initial_state differs from trial to trial, or with their number.")


def check_saving(network: Network, task: Task) -> None:
    """A run of it is saved and loaded: the class is registered, and its config reconstructs it."""
    check_saveable(network)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(network, task, describe(task, network, BPTT()))
        loaded = load_run(run.save(folder), device=str(first_parameter(network).device)).network
    require(dict(loaded.config) == dict(network.config), "the network that its config makes has another config.")
    inputs = _inputs(network, task)
    for name, again in (("loaded from a file", loaded), ("copied", copy.deepcopy(network))):
        same = _same(_quiet(network, inputs).outputs, _quiet(again, inputs).outputs)
        require(same, f"{name} it answers otherwise: is all that it learns in its parameters and buffers?")


CHECKS: tuple[Callable[[Network, Task], None], ...] = (
    check_finite,
    check_time,
    check_trials,
    check_state,
    check_noise,
    check_unchanged,
    check_gradient,
    check_precision,
    check_acting,
    check_saving,
)


@typechecked
@torch.no_grad()
def check_network(task: Task, network: Network) -> None:
    """Check that a network keeps what training, evaluation, actors and saved runs rely on.

    Finite numbers, time first, trials apart, the same bin by bin as in one go, noise from the generator alone, a
    gradient, both precisions, and the same in a copy and in a file.

    Args:
        task: A task that the network fits.
        network: The network, made already; it stays as it is.

    Raises:
        ContractError: If promises are broken; it names all of them, and what may repair them.
        ArgumentError: If it is no network; it names the members that are missing.
    """
    name = type(network).__name__
    try:
        check_fit(task, network)
    except Exception as error:  # whatever a class of one's own may raise is something to report
        raise ContractError(f"{name} cannot be checked on {task.name}:\n{message_of(error)}") from error
    require_all(name, [(check, (network, task)) for check in CHECKS])


def _inputs(network: Network, task: Task) -> Tensor:
    return torch.from_numpy(task.sample(N_TRIALS, seed=0).inputs).to(first_parameter(network))


def _quiet(network: Network, inputs: Tensor, h: Tensor | None = None) -> Trajectory:
    return network(inputs, h, noise=0.0)


def _same(one: Tensor, other: Tensor, tolerance: float | None = None) -> bool:
    largest = one.abs().max().item() + 1e-6
    tolerance = TOLERANCE[one.dtype] if tolerance is None else tolerance
    return bool(((one - other).abs() <= tolerance * largest).all())
