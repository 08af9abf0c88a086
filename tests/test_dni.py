"""Synthetic gradients: their targets by hand, their fixed point, and what they say of every batch alike."""

import numpy as np
import pytest
import torch
from precisions import DTYPES, in_float64, same_gradient
from synthetic_bins import plain_bin, rows

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.synthetic_gradient import delta_rule
from cogdyn.agents.measures.apical_voltages import apical_voltages, exact_credit
from cogdyn.agents.network.ensemble import ensemble_of, member
from cogdyn.agents.rules import BPTT, DNI
from cogdyn.envs import make_task

LEAKS = pytest.mark.parametrize("leak", ["voltage", "rate"])
TASK = make_task("Add", n_steps=4, lags=(1, 2))
LEARNED = {"jacobian": "learned", "bootstrap": "tanh", "feedback": "random"}


def network_for(leak="rate", n=6, dtype=torch.float64, **arguments):
    given = {"tau": 30, "noise": 0.0, "activation": "tanh", "seed": 1, "train_h0": False} | arguments
    return RateRNN(TASK.n_inputs, n, TASK.n_outputs, dt=TASK.dt, leak=leak, **given).to(dtype)


def noise(seed=3):
    return torch.Generator().manual_seed(seed)


def two_units():
    return RateRNN(1, 2, 2, dt=10, tau=10, leak="rate", activation="relu").double()


def memory_of(apical, jacobian=None, age=0):
    known = {"apical": apical, "slow": apical.clone(), "age": torch.tensor(float(age))}
    return known if jacobian is None else known | {"jacobian": jacobian}


def repeated(batch, n):
    """A batch of n copies of each trial."""

    def copies(values):
        return np.repeat(values, n, axis=1)

    conditions = {name: np.repeat(values, n) for name, values in batch.conditions.items()}
    periods = {name: tuple(np.repeat(edge, n) for edge in edges) for name, edges in batch.periods.items()}
    arrays = (copies(batch.inputs), copies(batch.targets), copies(batch.mask))
    return type(batch)(*arrays, conditions, periods, batch.dt, batch.kind)


# By hand


def test_voltage_and_target_by_hand():
    """A = 1: u = 1 + 1 + 2 + 2 + 1 = 7, which is the target of the bin before, if it has no error of its own."""
    bin = plain_bin([1.0, 1.0], [1.0, 1.0], [0.0, 0.0], label=(2.0, 2.0))
    rule, ones = DNI(lr_apical=1.0, refresh=9), torch.ones(2, 5, dtype=torch.float64)
    traces = rule.steps(two_units(), 1, memory_of(ones), None)
    assert rule.voltage(traces.state, bin).tolist() == [[7, 7]]
    before = bin._replace(rates=rows([0.0, 0.0]), label=rows([0.0, 0.0]))
    traces.step(before, None)
    traces.step(bin, None)  # the bin before saw the bias alone, took 1 for its credit, and should have had 7
    assert traces.memory["apical"].tolist() == [[1, 1, 1, 1, 7]] * 2


def test_the_older_copy_predicts_in_the_next_bin():
    """A = 1 makes 7 of the bin, its copy of an earlier time 14."""
    ones = torch.ones(2, 5, dtype=torch.float64)
    memory = memory_of(ones) | {"slow": 2 * ones}
    traces = DNI(lr_apical=1.0, refresh=9).steps(two_units(), 1, memory, None)
    bin = plain_bin([1.0, 1.0], [1.0, 1.0], [0.0, 0.0], label=(2.0, 2.0))
    traces.step(bin._replace(rates=rows([0.0, 0.0]), label=rows([0.0, 0.0])), None)
    traces.step(bin, None)
    assert traces.memory["apical"].tolist() == [[1, 1, 1, 1, 14]] * 2


def test_a_step_of_the_regression_by_hand():
    """A = 1 makes 4 of what should be 3.5."""
    seen = rows([1, 1, 0.5, 0.5, 1])
    apical = torch.ones(2, 5, dtype=torch.float64)
    change = delta_rule(apical, seen, rows([3.5, 3.5]), lr=1.0)
    assert (apical + change).tolist() == [[0.5, 0.5, 0.75, 0.75, 0.5]] * 2
    twice = delta_rule(apical, seen.repeat(2, 1), rows([3.5, 3.5], [3.5, 3.5]), lr=1.0)
    assert torch.equal(twice, change), "the mean over trials"


def test_a_step_of_the_jacobian_by_hand():
    """J = I predicts (1, 2), and (2, 2) comes; then the credit is carried by the new J."""
    rule = DNI(jacobian="learned", lr_jacobian=0.5, lr_apical=1.0)
    apical, eye = torch.zeros(2, 5, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    apical[:, -1] = rows(1, 10)
    traces = rule.steps(two_units(), 1, memory_of(apical, eye), None)
    first = plain_bin([0.0, 0.0], [0.0, 0.0], [3.0, 4.0])
    traces.step(first, None)
    assert torch.equal(traces.memory["jacobian"], eye)
    traces.step(plain_bin([1.0, 2.0], [2.0, 2.0], [0.0, 0.0]), None)
    assert traces.memory["jacobian"].tolist() == [[1.5, 1], [0, 1]]
    # Carried: (1, 10) J = (1.5, 11); with the signal (3, 4) the target is (4.5, 15), of the bias alone.
    assert traces.memory["apical"].tolist() == [[0, 0, 0, 0, 4.5], [0, 0, 0, 0, 15]]


def test_what_synapses_change_by_hand():
    apical = rows([1, 0, 0, 0, 0], [0, 1, 0, 0, 5])
    traces = DNI(lr_apical=1e-9).steps(two_units(), 1, memory_of(apical), None)
    bin = plain_bin([1.0, 3.0], [2.0, 7.0], [0.0, 0.0], inputs=(10.0,))
    assert traces.step(bin, None).tolist() == [[2, 6, 20, 2], [12, 36, 120, 12]]
    assert traces.finish() is None


@pytest.mark.parametrize(("bootstrap", "made"), [("identity", 3.0), ("tanh", np.tanh(3.0))])
def test_the_last_bin_has_no_future_and_the_others_a_squashed_one(bootstrap, made):
    apical = torch.zeros(2, 5, dtype=torch.float64)
    apical[:, -1] = 3.0
    traces = DNI(lr_apical=1.0, refresh=9, bootstrap=bootstrap).steps(two_units(), 1, memory_of(apical), None)
    bin = plain_bin([0.0, 0.0], [0.0, 0.0], [5.0, 6.0])
    traces.step(bin, None)
    traces.step(bin, None)
    torch.testing.assert_close(traces.memory["apical"][:, -1], rows(5 + made, 6 + made), rtol=0, atol=1e-15)
    traces.finish()
    assert traces.memory["apical"][:, -1].tolist() == [5, 6]


def test_the_slow_copy_is_renewed_every_few_bins():
    memory = memory_of(torch.ones(2, 5, dtype=torch.float64), age=1)
    traces = DNI(refresh=3).steps(two_units(), 1, memory, None)
    renewed = []
    for k in range(8):
        before = traces.memory["slow"]
        traces.step(plain_bin([1.0, 2.0], [0.5, 0.1 * k], [1.0, 1.0]), None)
        renewed.append(not torch.equal(traces.memory["slow"], before))
        assert traces.memory["age"] == (k + 2) % 3
    assert renewed == [False, True, False, False, True, False, False, True]
    traces.finish()
    assert traces.memory["age"] == 0


# The fixed point


@DTYPES
@LEAKS
@pytest.mark.parametrize("feedback", ["symmetric", "random"])
def test_exact_credit_is_that_of_backpropagation(leak, feedback, dtype):
    """Credit of every bin, from which the gradient follows; with random feedback, that of a readout W_fb."""
    network, batch = network_for(leak, dtype=dtype), TASK.sample(2, seed=0)
    rule = DNI(feedback=feedback)
    found = exact_credit(network, rule, batch)
    network = in_float64(network)
    nudges = torch.zeros(len(batch.inputs), 2, 6, dtype=torch.float64, requires_grad=True)
    state, rates = network.initial_state(2), []
    for x, nudge in zip(torch.from_numpy(batch.inputs).double(), nudges, strict=True):
        state = network.step(state, x) + nudge
        rates.append(network.rates(state))
    outputs = torch.stack(rates).detach() @ network.readout_weights.T
    error = torch.softmax(outputs, -1) - torch.from_numpy(batch.targets).double()
    weight = torch.from_numpy(batch.mask).double()[..., None] / batch.mask.sum()
    signal = (weight * error) @ rule.feedback_weights.of(network).double()
    expected = torch.autograd.grad((torch.stack(rates) * signal).sum(), nudges)[0]
    same_gradient({"credit": found}, {"credit": expected * batch.mask.size})


@LEAKS
@pytest.mark.parametrize("lr", [1e-2, 0.5])
def test_who_predicts_the_exact_credit_has_nothing_to_learn(leak, lr):
    """Six bins and nine senders: there is an A that gives the exact credit in every bin of a trial."""
    network, batch = network_for(leak), TASK.sample(1, seed=0)
    rule = DNI(lr_apical=lr, refresh=2)
    rates = network(torch.from_numpy(batch.inputs).double()).rates[:, 0].detach()
    targets = torch.from_numpy(batch.targets)[:, 0].double()
    seen = torch.cat([rates, targets, torch.ones_like(rates[:, :1])], dim=1)
    apical = (torch.linalg.pinv(seen) @ exact_credit(network, rule, batch)[:, 0]).T
    rule.restore(network, {f"own.{name}": value for name, value in memory_of(apical.clone()).items()})
    exact = BPTT().gradient(network, batch)
    for name, value in rule.gradient(network, batch).items():
        torch.testing.assert_close(value, exact[name], rtol=0, atol=1e-10)
    predicted = apical_voltages(network, rule, batch)
    torch.testing.assert_close(predicted, exact_credit(network, rule, batch), rtol=0, atol=1e-10)
    rule.update(network, batch)
    torch.testing.assert_close(rule.memory["apical"], apical, rtol=0, atol=1e-10)


def test_it_learns_to_predict_credit_while_weights_stay():
    """Nearly as well as the best linear guess from what it sees."""
    task = make_task("Add", n_steps=40, lags=(1, 2))
    network = network_for(n=8, tau=10, gain=0.5)
    rule = DNI(lr_apical=0.1, lr=1e-12, update_every="bin")
    for k in range(40):
        rule.update(network, task.sample(10, seed=k))
    test = task.sample(50, seed=1000)
    credit, predicted = (found(network, rule, test)[2:-5].flatten(0, 1) for found in (exact_credit, apical_voltages))
    rates = network(torch.from_numpy(test.inputs).double()).rates.detach()
    seen = torch.cat([rates, torch.from_numpy(test.targets), torch.ones_like(rates[..., :1])], -1)[2:-5].flatten(0, 1)
    best = seen @ torch.linalg.pinv(seen) @ credit
    left, least = ((guess - credit).square().sum() / credit.square().sum() for guess in (predicted, best))
    assert least < left < 0.2


# Batches, ensembles, memory


@pytest.mark.parametrize("arguments", [{}, LEARNED])
@pytest.mark.parametrize("update", ["trial", "bin"])
def test_copies_of_a_trial_teach_what_the_trial_does(arguments, update):
    batch = TASK.sample(1, seed=0)
    found = []
    for given in (batch, repeated(batch, 5)):
        network, rule = network_for(), DNI(update_every=update, lr_apical=0.1, **arguments)
        rule.update(network, given)
        found.append((dict(network.named_parameters()), rule.memory))
    for one, many in zip(*found, strict=True):
        for name, value in one.items():
            torch.testing.assert_close(many[name], value, rtol=0, atol=1e-12)


@pytest.mark.parametrize("arguments", [{}, LEARNED])
def test_what_it_learns_for_itself_is_the_same_after_trials_and_in_every_bin(arguments):
    network, batch = network_for(), TASK.sample(3, seed=0)
    after, live = (DNI(update_every=update, lr=1e-13, lr_apical=0.1, **arguments) for update in ("trial", "bin"))
    for rule in (after, live):
        rule.update(network, batch)
        assert rule.memory["apical"].abs().max() < 10
    for name, value in after.memory.items():
        torch.testing.assert_close(live.memory[name], value, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("leak", "arguments"), [("voltage", {}), ("rate", {}), ("rate", LEARNED)])
@pytest.mark.parametrize("update", ["trial", "bin"])
def test_an_ensemble_learns_as_its_networks_would_alone(leak, update, arguments):
    batch, given = TASK.sample(3, seed=0), {"update_every": update, "lr_apical": 0.1, "lr_jacobian": 0.1} | arguments
    ensemble = ensemble_of(network_for(leak, noise=0.1), 3)
    alone = [member(ensemble, s) for s in range(3)]
    together = DNI(**given)
    for k in range(3):
        together.update(ensemble, batch, noise(k))
    for s, one in enumerate(alone):
        single = DNI(**given)
        for k in range(3):
            single.update(one, batch, noise(k))
        for name, value in one.named_parameters():
            torch.testing.assert_close(getattr(ensemble, name)[s], value, rtol=0, atol=1e-10)
        for name, value in single.memory.items():
            found = together.memory[name]
            torch.testing.assert_close(found[s] if found.ndim else found, value, rtol=0, atol=1e-10)


def test_a_gradient_changes_nothing_and_memory_is_restored():
    network, batch, rule = network_for(), TASK.sample(3, seed=0), DNI(**LEARNED, lr_apical=0.1)
    rule.gradient(network, batch)
    assert rule.memory == {}
    rule.update(network, batch)
    kept = {name: value.clone() for name, value in rule.memory.items()}
    expected = rule.gradient(network, batch)
    assert all(torch.equal(rule.memory[name], value) for name, value in kept.items())
    again = DNI(**LEARNED, lr_apical=0.1)
    again.restore(network, rule.state(network))
    for name, value in again.gradient(network, batch).items():
        assert torch.equal(value, expected[name])
    fresh = DNI(**LEARNED, lr_apical=0.1).gradient(network, batch)
    assert (fresh["recurrent"] - expected["recurrent"]).abs().max() > 1e-4


def test_the_first_apical_weights_have_the_scale_of_their_senders():
    network = network_for(n=200)
    apical = DNI().steps(network, 1, {}, None).memory["apical"]
    assert apical.shape == (200, 203)
    assert apical.std().item() == pytest.approx(203**-0.5, rel=0.02)
    assert not torch.equal(apical, DNI(apical_seed=1).steps(network, 1, {}, None).memory["apical"])


def test_an_apical_rate_that_is_too_large_is_named():
    network, rule = network_for(), DNI(lr_apical=50.0, update_every="bin")

    def learn():
        for k in range(200):
            rule.update(network, TASK.sample(3, seed=k))

    with pytest.raises(FloatingPointError, match="its apical, slow grew"):
        learn()


@pytest.mark.parametrize("arguments", [{}, LEARNED])
def test_the_rule_is_made_again_from_its_configuration(arguments):
    rule = DNI(update_every="bin", lr_apical=0.2, lr_jacobian=0.3, refresh=7, apical_seed=4, **arguments)
    assert DNI(**rule.config).config == rule.config
    assert rule.config["refresh"] == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"jacobian": "exakt"}, "'exact'"),
        ({"bootstrap": "tan"}, "'tanh'"),
        ({"lr_apical": 0.0}, "lr_apical is 0.0; it must be positive"),
        ({"lr_jacobian": -1.0}, "lr_jacobian is -1.0; it must be positive"),
        ({"lr_jacobian": float("inf")}, "finite"),
        ({"refresh": 0}, "at least 1"),
        ({"apical_seed": 0.5}, "whole number"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DNI(**arguments)


def test_a_learned_jacobian_needs_a_leak_on_the_rate():
    with pytest.raises(ValueError, match=r"DNI with jacobian='learned'.*leak='rate'"):
        DNI(jacobian="learned").gradient(network_for("voltage"), TASK.sample(1, seed=0))
