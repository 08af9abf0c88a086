"""Rules that assign credit by themselves, against backpropagation through time in float64 and in float32."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from precisions import DTYPES
from precisions import same_gradient as same

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.bins import bins_of
from cogdyn.agents.credit.credit_rule import CreditRule
from cogdyn.agents.credit.output_error import OutputError
from cogdyn.agents.credit.stepwise import Stepwise
from cogdyn.agents.credit.trials import Trials
from cogdyn.agents.network.data import tensors
from cogdyn.agents.network.ensemble import ensemble_of, member, stacked
from cogdyn.agents.rules import (
    BPTT,
    KFRTRL,
    RFLO,
    RKF,
    RTRL,
    UORO,
    EProp,
    ReadoutOnly,
    SnAp1,
    TruncatedBPTT,
)
from cogdyn.envs import make_task

EXACT = pytest.mark.parametrize("leak", ["voltage", "rate"])
STOCHASTIC = (UORO, KFRTRL, RKF)
DIAGONAL = (RFLO, EProp, SnAp1)
ALL = (RTRL, *STOCHASTIC, *DIAGONAL)
TASKS = {
    "Add": {"n_steps": 8},
    "Mimic": {"n_steps": 6},
    "DelayMatchSample": {"dt": 100},
    "yang19.go": {"preset": "soo2023", "dt": 100},
}


def network_for(task, leak="voltage", dtype=torch.float64, **arguments):
    given = {"tau": 3 * task.dt, "noise": 0.1, "density": 0.8, "seed": 1, "train_h0": False} | arguments
    return RateRNN(task.n_inputs, 6, task.n_outputs, dt=task.dt, leak=leak, **given).to(dtype)


def noise(seed=3):
    return torch.Generator().manual_seed(seed)


def add():
    return make_task("Add", n_steps=8)


def flat(gradient):
    return torch.cat([gradient[name].flatten() for name in ("recurrent", "input", "bias")])


def carried_forward(rule, network, batch, generator=None):
    """Gradients by traces that are carried forward, also where the rule sums them up backwards."""
    data = tensors(batch, network.recurrent)
    errors = OutputError(data, network.n_outputs, network.readout_activation)
    feedback = rule.feedback_weights.of(network)
    return CreditRule.assign(rule, Trials(network, data.inputs, errors, feedback, {}, generator)).gradients


@DTYPES
@pytest.mark.parametrize("size", [None, 2])
@pytest.mark.parametrize("leak", ["voltage", "rate"])
@pytest.mark.parametrize("rule", [RFLO(), EProp(), EProp(readout_filter=0.7), SnAp1()])
def test_the_fast_form_of_the_steps_is_the_steps(rule, leak, size, dtype):
    task = add()
    network = network_for(task, leak, activation="relu", dtype=dtype)
    network = network if size is None else stacked([network, network.redrawn(7)])
    data = tensors(task.sample(3, seed=0), network.recurrent)
    errors = OutputError(data, network.n_outputs, network.readout_activation)
    trajectory = network(data.inputs, generator=noise(), keep_activations=True)
    plain, fast = Stepwise(rule, rule.begin(network, 3, {}, None)), rule.steps(network, 3, {}, None)
    assert type(fast) is not Stepwise
    exact = {"rtol": 1e-10, "atol": 1e-12} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-6}
    for bin in bins_of(network, data.inputs, trajectory, errors, network.readout_weights.detach()):
        torch.testing.assert_close(fast.step(bin, None), plain.step(bin, None), **exact)
    assert fast.finish() is plain.finish() is None


@DTYPES
@EXACT
@pytest.mark.parametrize("activation", ["tanh", "relu", "rectified_tanh", "softplus"])
@pytest.mark.parametrize("dale", [None, 0.5])
def test_rtrl_is_the_exact_gradient(leak, activation, dale, dtype):
    task = add()
    network = network_for(task, leak, activation=activation, dale=dale, dtype=dtype)
    batch = task.sample(3, seed=0)
    same(RTRL().gradient(network, batch, noise()), BPTT().gradient(network, batch, noise()))


@DTYPES
@EXACT
@pytest.mark.parametrize("name", TASKS)
def test_rtrl_is_exact_for_every_kind_of_target_and_readout(name, leak, dtype):
    task = make_task(name, **TASKS[name])
    sigmoid = {"readout_activation": "sigmoid", "output_units": range(2, 6)} if task.kind == "continuous" else {}
    network = network_for(task, leak, **sigmoid, dtype=dtype)
    batch = task.sample(3, seed=0)
    same(RTRL().gradient(network, batch, noise()), BPTT().gradient(network, batch, noise()))


@DTYPES
@EXACT
def test_time_constants_may_differ_between_units(leak, dtype):
    task = add()
    network = network_for(task, leak, tau=np.linspace(10, 60, 6), dtype=dtype)
    batch = task.sample(3, seed=0)
    same(RTRL().gradient(network, batch, noise()), BPTT().gradient(network, batch, noise()))
    for rule in DIAGONAL:
        found = rule(feedback="symmetric").gradient(network, batch, noise())
        same(carried_forward(rule(feedback="symmetric"), network, batch, noise()), {k: found[k] for k in SYNAPSES})


SYNAPSES = ("recurrent", "input", "bias")


@DTYPES
@EXACT
@pytest.mark.parametrize("rule", [*DIAGONAL, lambda **k: EProp(readout_filter=0.7, **k)])
@pytest.mark.parametrize("feedback", ["symmetric", "random"])
def test_the_sum_backwards_is_that_of_the_traces(rule, leak, feedback, dtype):
    task = add()
    network = network_for(task, leak, activation="tanh", dale=0.5, self_connections=True, dtype=dtype)
    batch = task.sample(3, seed=0)
    found = rule(feedback=feedback).gradient(network, batch, noise())
    expected = carried_forward(rule(feedback=feedback), network, batch, noise())
    same({name: found[name] for name in SYNAPSES}, expected)
    assert flat(expected).abs().max() > 1e-4


@DTYPES
@EXACT
@pytest.mark.parametrize("rule", DIAGONAL)
def test_the_sum_backwards_goes_through_a_sigmoid_readout(rule, leak, dtype):
    task = make_task("yang19.go", **TASKS["yang19.go"])
    network = network_for(
        task, leak, readout_activation="sigmoid", output_units=range(2, 6), self_connections=True, dtype=dtype
    )
    batch = task.sample(3, seed=0)
    found = rule(feedback="random").gradient(network, batch, noise())
    same({name: found[name] for name in SYNAPSES}, carried_forward(rule(feedback="random"), network, batch, noise()))
    exact = BPTT().gradient(network, batch, noise())
    same(
        {name: found[name] for name in ("readout", "readout_bias")}, {n: exact[n] for n in ("readout", "readout_bias")}
    )


@DTYPES
@pytest.mark.parametrize("update", ["trial", "bin"])
def test_the_control_changes_the_readout_alone_and_as_the_exact_gradient_does(update, dtype):
    task = add()
    network = network_for(task, noise=0.0, dtype=dtype)
    batch, before = task.sample(3, seed=0), {name: value.clone() for name, value in network.state_dict().items()}
    rule = ReadoutOnly(update_every=update, lr=1e-2)
    found, exact = rule.gradient(network, batch), BPTT().gradient(network, batch)
    same({n: found[n] for n in ("readout", "readout_bias")}, {n: exact[n] for n in ("readout", "readout_bias")})
    rule.update(network, batch)
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"readout", "readout_bias"}
    assert ReadoutOnly(**rule.config).config == rule.config


@DTYPES
@EXACT
def test_where_rules_become_exact(leak, dtype):
    task = add()
    batch = task.sample(3, seed=0)
    alone = network_for(task, leak, noise=0.0, dtype=dtype)
    alone.recurrent_mask.zero_()
    same(RFLO(feedback="symmetric").gradient(alone, batch), BPTT().gradient(alone, batch))
    diagonal = network_for(task, leak, noise=0.0, self_connections=True, density=1.0, dtype=dtype)
    diagonal.recurrent_mask.copy_(torch.eye(6))
    same(SnAp1(feedback="symmetric").gradient(diagonal, batch), BPTT().gradient(diagonal, batch))
    without_loops = network_for(task, leak, noise=0.0, dtype=dtype)
    same(SnAp1(feedback="random").gradient(without_loops, batch), RFLO().gradient(without_loops, batch))
    assert flat(RFLO(feedback="symmetric").gradient(diagonal, batch)).sub(
        flat(BPTT().gradient(diagonal, batch))
    ).abs().max() > 1e-3  # fmt: skip


@DTYPES
def test_without_leak_rflo_is_backpropagation_through_one_bin(dtype):
    task = add()
    network = network_for(task, "rate", tau=task.dt, noise=0.0, dtype=dtype)
    batch = task.sample(3, seed=0)
    one_bin = TruncatedBPTT(window_ms=task.dt)
    same(RFLO(feedback="symmetric").gradient(network, batch), one_bin.gradient(network, batch))


@DTYPES
@EXACT
def test_truncation_at_the_length_of_the_trial_is_none(leak, dtype):
    task = add()
    network = network_for(task, leak, dtype=dtype)
    batch = task.sample(3, seed=0)
    whole = len(batch.inputs) * task.dt
    exact = BPTT().gradient(network, batch, noise())
    same(TruncatedBPTT(window_ms=whole).gradient(network, batch, noise()), exact)
    network.noise = 0.0
    windows = TruncatedBPTT(window_ms=3 * task.dt)
    assert windows.loss(network, batch).item() == pytest.approx(BPTT().loss(network, batch).item(), abs=1e-12)
    difference = flat(windows.gradient(network, batch)) - flat(BPTT().gradient(network, batch))
    assert difference.abs().max() > 1e-4


@EXACT
@pytest.mark.parametrize("rule", STOCHASTIC)
def test_random_products_are_the_exact_gradient_on_average(rule, leak):
    task = make_task("Add", n_steps=4, lags=(1, 2))
    network = network_for(task, leak, noise=0.0)
    batch, draws, source = task.sample(200, seed=0), [], noise(5)
    exact = flat(RTRL().gradient(network, batch))
    for _ in range(60):
        draws.append(flat(rule().gradient(network, batch, source)))
    found = torch.stack(draws)
    error = found.std(0) / len(draws) ** 0.5
    deviation = (found.mean(0) - exact) / (error + 1e-12)
    assert deviation.abs().max() < 4
    # Its errors fall with the number of draws: the mean of 60 is nearer than most of the 60 are.
    assert (found.mean(0) - exact).norm() < 0.5 * (found - exact).norm(dim=1).median()


@DTYPES
@pytest.mark.parametrize("rule", [RTRL, *DIAGONAL])
def test_trials_add_up(rule, dtype):
    """A batch is the sum of its trials: nothing passes from one trial to another."""
    task, source = add(), noise()
    network = network_for(task, noise=0.0, dtype=dtype)
    batch = task.sample(3, seed=0)
    singles = [rule().gradient(network, batch.trial(i), source) for i in range(3)]
    mean = {name: torch.stack([one[name] for one in singles]).mean(0) for name in singles[0]}
    same(rule().gradient(network, batch, source), mean)


@pytest.mark.parametrize("rule", [*ALL, lambda **k: TruncatedBPTT(window_ms=40)])
@pytest.mark.parametrize("update", ["trial", "bin"])
def test_an_ensemble_learns_as_its_networks_would_alone(rule, update):
    task = add()
    network = network_for(task)
    batch = task.sample(3, seed=0)
    ensemble = ensemble_of(network, 3)
    alone = [member(ensemble, s) for s in range(3)]
    together = rule(update_every=update)
    for k in range(3):
        metrics = together.update(ensemble, batch, noise(k))
    for s, one in enumerate(alone):
        single = rule(update_every=update)
        for k in range(3):
            expected = single.update(one, batch, noise(k))
        assert metrics["loss"][s].item() == pytest.approx(expected["loss"], abs=1e-10)
        for name, value in one.named_parameters():
            torch.testing.assert_close(getattr(ensemble, name)[s], value, rtol=0, atol=1e-9)


@EXACT
@pytest.mark.parametrize("rule", ALL)
def test_small_steps_in_every_bin_go_along_the_gradient(rule, leak):
    task = add()
    network = network_for(task, leak, noise=0.0, dale=0.5)
    batch = task.sample(3, seed=0)
    expected = rule(feedback="symmetric").gradient(network, batch, noise())
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    lr = 1e-9
    rule(update_every="bin", lr=lr, clip=None, feedback="symmetric").update(network, batch, noise())
    for name in (*SYNAPSES, "readout", "readout_bias"):
        change = (before[name] - getattr(network, name).detach()) / (lr * len(batch.inputs))
        torch.testing.assert_close(change, expected[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rule", [RFLO, KFRTRL])
def test_dales_law_and_masks_hold_while_weights_change_in_every_bin(rule):
    task = add()
    network = network_for(task, dale=0.5, density=0.5, input_units=range(3), output_units=range(3, 6))
    signs = network.signs
    learner = rule(update_every="bin", lr=1e-2)
    for k in range(5):
        learner.update(network, task.sample(4, seed=k), noise(k))
    weights = network.recurrent_weights
    assert (weights * signs >= 0).all()
    assert (weights[network.recurrent_mask == 0] == 0).all()
    assert (network.input_weights[3:] == 0).all()
    assert (network.readout_weights[:, :3] == 0).all()
    assert (network.readout_weights[:, 3:] != 0).all()


@DTYPES
def test_padding_and_grace_teach_nothing(dtype):
    """Bins without weight after the last one that counts change no gradient."""
    task = make_task("DelayMatchSample", dt=100)
    network = network_for(task, noise=0.0, dtype=dtype)
    batch = task.sample(3, seed=0)
    padded = type(batch)(
        *(np.concatenate([a, np.zeros_like(a[:4])]) for a in (batch.inputs, batch.targets, batch.mask)),
        batch.conditions,
        batch.periods,
        batch.dt,
        batch.kind,
    )
    for rule in (RTRL, RFLO, SnAp1):
        same(rule().gradient(network, padded), rule().gradient(network, batch))


@pytest.mark.parametrize("update", ["trial", "bin"])
def test_adaptive_feedback_comes_nearer_to_the_readout_by_what_both_lose(update):
    task = add()
    network = network_for(task, noise=0.0)
    rule = RFLO(update_every=update, feedback="adaptive", optimizer="sgd", lr=0.1, weight_decay=0.2)
    distances = [rule.feedback_weights.of(network) - network.readout_weights.detach()]
    for k in range(4):
        batch = task.sample(3, seed=k)
        rule.update(network, batch, noise(k))
        distances.append(rule.feedback_weights.of(network) - network.readout_weights.detach())
    kept = 0.98 ** (len(batch.inputs) if update == "bin" else 1)
    for before, after in pairwise(distances):
        torch.testing.assert_close(after, kept * before, rtol=0, atol=1e-12)


def test_random_feedback_does_not_change_and_is_restored():
    task = add()
    network = network_for(task)
    rule = RFLO(feedback_seed=4)
    rule.update(network, task.sample(3, seed=0), noise())
    weights = rule.feedback_weights.of(network)
    rule.update(network, task.sample(3, seed=1), noise())
    assert torch.equal(weights, rule.feedback_weights.of(network))
    again = RFLO(feedback_seed=4)
    again.restore(network, rule.state(network))
    assert torch.equal(again.feedback_weights.of(network), weights)
    assert weights.std() == pytest.approx(2**-0.5, rel=0.4)


@pytest.mark.parametrize("rule", ALL)
def test_a_rule_is_made_again_from_its_configuration(rule):
    learner = rule(lr=2e-3, feedback="random", feedback_seed=3, update_every="bin", weight_decay=0.1)
    assert rule(**learner.config).config == learner.config


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"feedback": "radnom"}, "random"),
        ({"update_every": "bins"}, "bin"),
        ({"optimizer": "adma"}, "adam"),
        ({"update_every": "bin", "optimizer": "adam"}, "sgd"),
        ({"weight_decay": -1.0}, "must not be negative"),
        ({"lr": 0.0}, "must be positive"),
        ({"feedback_seed": 0.5}, "whole number"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RFLO(**arguments)


def test_a_window_must_fill_whole_bins():
    task = add()
    with pytest.raises(ValueError, match="window_ms"):
        TruncatedBPTT(window_ms=15).gradient(network_for(task), task.sample(1, seed=0))
    with pytest.raises(ValueError, match="must be positive"):
        TruncatedBPTT(window_ms=0)
