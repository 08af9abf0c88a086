"""Compiled loops: each gives what its rule's steps give, wherever it is used, and only there."""

import os
import subprocess
import sys
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, rules, train
from cogdyn.agents.credit import CreditRule, Diverged
from cogdyn.agents.credit.loops import learning
from cogdyn.agents.credit.loops.assigning import assigns_on_loops
from cogdyn.agents.credit.loops.handover import small_numbers_as_zero
from cogdyn.agents.credit.loops.learning import why_not_compiled
from cogdyn.agents.credit.trials import Trials
from cogdyn.agents.network.activations import ACTIVATIONS, register_activation
from cogdyn.agents.network.ensemble import ensemble_of
from cogdyn.agents.rules import BPTT, DNI, RFLO, RTRL
from cogdyn.agents.rules.catalogue import RULES, rule_class
from cogdyn.envs import make_task

DMS = make_task("DelayMatchSample", dt=20, delay_ms=100, fixation_ms=100, sample_ms=100, test_ms=100, decision_ms=160)
REACH = make_task("DelayedReach")
ADD = make_task("Add")
CREDIT_RULES = [name for family in RULES.values() for name in family if issubclass(rule_class(name), CreditRule)]
LOOPED = [name for name in CREDIT_RULES if rule_class(name).has_loop()]
SETTINGS = {
    "EProp": [{}, {"readout_filter": 0.5}],
    "KeRNL": [{"sigma": 0.1, "lr_kernel": 0.02}, {"lr_kernel": 0.0}],
    "DNI": [{}, {"jacobian": "learned", "bootstrap": "tanh", "refresh": 1}],
    "Compartments": [
        {},
        {"jacobian": "exact", "bootstrap": "identity"},
        {"jacobian": "zero"},
        {"transport": "shared", "phases": "alternate", "block": 3},
        {"mirror": "random", "mirror_decay": 0.01, "phases": "alternate", "block": 2},
        {"jacobian": "from_zero", "inhibited": ["label"]},
        {"jacobian": "random", "inhibited": ["teacher"], "largest_voltage": 0.1},
        {"inhibited": ["apical"]},
        {"inhibited": ["carrier"]},
    ],
}
SLOW = {"DNI": {"lr_apical": 2e-3}, "Compartments": {"lr_apical": 2e-3}}
"""So that nothing grows without bound, where rounding would grow as well."""
EVERY = [(name, SLOW.get(name, {}) | setting) for name in LOOPED for setting in SETTINGS.get(name, [{}])]
NETWORKS = {
    "rate": {"leak": "rate"},
    "voltage": {"leak": "voltage", "activation": "softplus"},
    "Dale, noise, many taus": {"leak": "rate", "dale": 0.8, "noise": 0.1, "tau": [80.0 + 4 * k for k in range(9)]},
    "masks": {"leak": "voltage", "density": 0.5, "input_units": range(5), "output_units": range(3, 9), "noise": 0.1},
    "frozen": {"leak": "rate", "activation": "relu", "frozen": ["input"], "train_readout_bias": False},
    "silenced": {"leak": "rate", "activation": "rectified_tanh", "lesioned": [2, 5], "self_connections": True},
    "sigmoid": {"leak": "rate", "activation": "sigmoid", "readout_activation": "sigmoid"},
}
LEARNINGS = {
    "clipped": {"clip": 0.5},
    "decaying": {"clip": None, "weight_decay": 0.05, "feedback": "adaptive"},
    "symmetric": {"clip": None, "feedback": "symmetric"},
}


def learned(monkeypatch, compiled, name, setting, task, network, learning_, several=None, dtype=torch.float64):
    """Network, metrics and memory after three updates, on the compiled loop or by steps."""
    if not compiled:
        monkeypatch.setattr(learning, "why_no_numba", lambda: "a test asks for steps")
    net = RateRNN(task.n_inputs, 9, task.n_outputs, dt=task.dt, seed=3, **network).to(dtype)
    net = net if several is None else ensemble_of(net, several)
    rule = getattr(rules, name)(update_every="bin", lr=2e-4, **(setting | learning_))
    assert (why_not_compiled(rule, net) is None) == compiled
    generator = torch.Generator().manual_seed(1)
    metrics = [rule.update(net, task.sample(3, seed=k), generator) for k in range(3)]
    monkeypatch.undo()
    return net, metrics, rule.state(net)


def assert_alike(first, second, rtol, atol):
    (a, of_a, memory_a), (b, of_b, memory_b) = first, second
    for (name, mine), theirs in zip(a.named_parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=rtol, atol=atol, msg=lambda text, name=name: f"{name}: {text}")
    for mine, theirs in zip(of_a, of_b, strict=True):
        for name in mine:
            values = (torch.as_tensor(values[name], dtype=torch.float64) for values in (mine, theirs))
            torch.testing.assert_close(*values, rtol=rtol, atol=atol)
    assert memory_a.keys() == memory_b.keys()
    for name in memory_a:
        torch.testing.assert_close(memory_a[name], memory_b[name], rtol=rtol, atol=atol)


def fits(name, network, learning_):
    """Learning as a rule takes it; None where it refuses the network."""
    if name == "Compartments" and network.get("leak") == "voltage":
        return None
    return {"clip": learning_["clip"]} if name == "ReadoutOnly" else learning_


def test_the_rules_that_change_weights_in_every_bin_have_loops():
    assert {"RFLO", "EProp", "SnAp1", "DNI", "Compartments", "KeRNL", "RTRL", "UORO", "KFRTRL", "RKF"} <= {*LOOPED}
    assert "ReadoutOnly" in LOOPED


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize(("name", "setting"), EVERY, ids=str)
def test_a_loop_gives_what_the_steps_give(monkeypatch, name, setting, kind):
    """Each rule meets all networks and all kinds of learning, alone and in an ensemble."""
    task = REACH if kind == "sigmoid" else DMS
    if name == "DNI" and setting.get("jacobian") == "learned" and NETWORKS[kind]["leak"] == "voltage":
        return
    turn = EVERY.index((name, setting)) + list(NETWORKS).index(kind)
    which = list(LEARNINGS)[turn % len(LEARNINGS)]
    how = fits(name, NETWORKS[kind], LEARNINGS[which])
    if how is None:
        return
    several = 2 if which == "decaying" else None
    found = [
        learned(monkeypatch, compiled, name, setting, task, NETWORKS[kind], how, several) for compiled in (True, False)
    ]
    assert_alike(*found, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("name", "setting"), EVERY, ids=str)
def test_in_single_precision_they_differ_by_rounding(monkeypatch, name, setting):
    how = fits(name, NETWORKS["rate"], LEARNINGS["clipped"])
    arguments = (name, setting, DMS, NETWORKS["rate"], how, None, torch.float32)
    found = [learned(monkeypatch, compiled, *arguments) for compiled in (True, False)]
    assert_alike(*found, rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize(("name", "setting"), EVERY, ids=str)
def test_after_trials_a_loop_adds_up_what_the_steps_do(monkeypatch, name, setting):
    """The gradient, and in an update what the rule learns for itself; networks in turn."""
    kind = list(NETWORKS)[EVERY.index((name, setting)) % len(NETWORKS)]
    task, network = REACH if kind == "sigmoid" else DMS, NETWORKS[kind]
    needs_rates = name == "Compartments" or setting.get("jacobian") == "learned"
    if needs_rates and network["leak"] == "voltage":
        return
    found = []
    for compiled in (True, False):
        if not compiled:
            monkeypatch.setattr(learning, "why_no_numba", lambda: "a test asks for steps")
        net = RateRNN(task.n_inputs, 9, task.n_outputs, dt=task.dt, seed=3, **network).double()
        net = ensemble_of(net, 2) if kind in ("rate", "masks") else net
        rule, generator = getattr(rules, name)(**setting), torch.Generator().manual_seed(1)
        gradient = rule.gradient(net, task.sample(3, seed=0), torch.Generator().manual_seed(0))
        metrics = [rule.update(net, task.sample(3, seed=k), generator) for k in range(2)]
        found.append((net, metrics, gradient | rule.state(net)))
    assert_alike(*found, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("rule", "n", "batch_size", "on_loop"),
    [(RFLO, 64, 16, True), (RFLO, 64, 17, False), (RFLO, 65, 1, False), (RTRL, 64, 64, True), (DNI, 64, 33, False)],
)
def test_after_trials_loops_are_for_what_is_small(rule, n, batch_size, on_loop):
    network = RateRNN(DMS.n_inputs, n, DMS.n_outputs, dt=DMS.dt)
    inputs = torch.from_numpy(DMS.sample(batch_size, seed=0).inputs)
    assert assigns_on_loops(rule(), Trials(network, inputs, None, None, {}, None)) == on_loop


def test_probabilities_are_targets_as_well(monkeypatch):
    arguments = ("RFLO", {}, ADD, NETWORKS["rate"], LEARNINGS["clipped"])
    assert_alike(*(learned(monkeypatch, compiled, *arguments) for compiled in (True, False)), rtol=1e-9, atol=1e-11)


# Where it is used


def test_what_a_loop_does_not_cover_goes_by_steps(monkeypatch):
    rule, network = RFLO(update_every="bin"), RateRNN(3, 4, 2)
    assert why_not_compiled(rule, network) is None
    assert why_not_compiled(rules.ModProp(), network) == "ModProp has no compiled loop"
    assert "float16" in why_not_compiled(rule, RateRNN(3, 4, 2).half())
    network.recurrent.data = network.recurrent.data.T
    assert "one piece" in why_not_compiled(rule, network)
    network = RateRNN(3, 4, 2, mask=np.asfortranarray(np.triu(np.ones((4, 4)))), self_connections=True)
    assert why_not_compiled(rule, network) is None


@pytest.mark.parametrize("problem", ["missing", "made for another NumPy"])
def test_without_a_numba_that_works_rules_learn_by_steps(monkeypatch, problem):
    def refused(*_):
        raise ImportError("Numba needs NumPy 2.0 or less")

    if problem == "missing":
        monkeypatch.setattr(learning, "find_spec", lambda name: None)
    else:
        monkeypatch.setattr(learning, "import_module", refused)
    learning.why_no_numba.cache_clear()
    try:
        rule, network = RFLO(update_every="bin"), RateRNN(DMS.n_inputs, 4, DMS.n_outputs, dt=DMS.dt)
        words = {"missing": "pip install 'cogdyn[fast]'", "made for another NumPy": "needs NumPy 2.0 or less"}
        assert words[problem] in why_not_compiled(rule, network)
        assert rule.update(network, DMS.sample(2, seed=0))["loss"] > 0
        assert RFLO().update(network, DMS.sample(2, seed=0))["loss"] > 0
    finally:
        learning.why_no_numba.cache_clear()


def test_an_activation_of_ones_own_goes_by_steps():
    register_activation("square_root", lambda x: x.relu().sqrt())
    try:
        network = RateRNN(3, 4, 2, activation="square_root")
        assert "'square_root' has no compiled form" in why_not_compiled(RFLO(), network)
        learning._warn_once.cache_clear()
        with pytest.warns(UserWarning, match="no compiled form: RFLO learns by PyTorch's operations") as warned:
            [learning.warn_of_steps(rule, network) for rule in (RFLO(update_every="bin"),) * 2 + (RFLO(), BPTT())]
        assert len(warned) == 1
    finally:
        del ACTIVATIONS["square_root"]


def test_importing_agents_does_not_load_numba():
    code = "import sys, cogdyn.agents, cogdyn.agents.rules; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_network_that_diverges_is_left_as_it_was_and_the_other_learns():
    network = ensemble_of(RateRNN(DMS.n_inputs, 6, DMS.n_outputs, dt=DMS.dt, activation="relu"), 2)
    network.readout.data[0] = float("inf")
    before = {name: value.clone() for name, value in network.named_parameters()}
    metrics = RFLO(update_every="bin", clip=None, lr=1e-3).update(network, DMS.sample(3, seed=0))
    assert not torch.isfinite(metrics["loss"][0])
    assert torch.isfinite(metrics["loss"][1])
    assert all(torch.equal(value[0], before[name][0]) for name, value in network.named_parameters())
    assert not torch.equal(network.recurrent[1], before["recurrent"][1])
    alone = RateRNN(DMS.n_inputs, 6, DMS.n_outputs, dt=DMS.dt, activation="relu")
    alone.readout.data[:] = float("inf")
    with pytest.raises(Diverged, match="loss"):
        RFLO(update_every="bin", clip=None).update(alone, DMS.sample(3, seed=0))


def test_what_a_rule_handed_out_does_not_change_afterwards():
    """Weights change in place; what a run keeps of a rule must not."""
    network = RateRNN(DMS.n_inputs, 6, DMS.n_outputs, dt=DMS.dt, leak="rate")
    rule = DNI(update_every="bin", feedback="adaptive", jacobian="learned")
    rule.update(network, DMS.sample(3, seed=0))
    kept = rule.state(network)
    copies = {name: value.clone() for name, value in kept.items()}
    rule.update(network, DMS.sample(3, seed=1))
    assert all(torch.equal(value, copies[name]) for name, value in kept.items())
    assert not torch.equal(rule.state(network)["own.apical"], copies["own.apical"])


@pytest.mark.parametrize("rule", [RFLO, RTRL, rules.UORO, rules.KeRNL])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, rule):
    def net():
        return RateRNN(DMS.n_inputs, 6, DMS.n_outputs, dt=DMS.dt, noise=0.1, seed=2)

    few = {"batch_size": 3, "n_test": 4, "evaluate_every": 3, "device": "cpu"}
    whole = train(DMS, net(), rule(update_every="bin"), 6, **few)
    train(DMS, net(), rule(update_every="bin"), 3, out=tmp_path / "run", **few)
    rest = train(DMS, net(), rule(update_every="bin"), 6, out=tmp_path / "run", resume=True, **few)
    assert all(torch.equal(a, b) for a, b in zip(whole.network.parameters(), rest.network.parameters(), strict=True))


def test_a_run_records_its_path_and_resuming_on_the_other_says_so(tmp_path, monkeypatch):
    def trained(steps, **more):
        network = RateRNN(DMS.n_inputs, 6, DMS.n_outputs, dt=DMS.dt, seed=2)
        few = {"batch_size": 3, "n_test": 4, "evaluate_every": 3, "device": "cpu", "out": tmp_path / "run"}
        return train(DMS, network, RFLO(update_every="bin"), steps, **few, **more)

    assert trained(3).config["path"] == "loop"
    monkeypatch.setattr(learning, "why_no_numba", lambda: "a test asks for steps")
    with pytest.warns(UserWarning, match="learned by a compiled loop and resumes by PyTorch's operations"):
        assert trained(6, resume=True).config["path"] == "steps"
    assert "path" not in train(DMS, RateRNN(5, 4, 3, dt=20), BPTT(), 1, 2, n_test=2).config


def test_small_numbers_count_as_zero_within_the_block_alone():
    small = np.array([1e-40], np.float32)
    with small_numbers_as_zero():
        assert (small * np.float32(1))[0] == 0
        with small_numbers_as_zero():
            pass
        assert (small * np.float32(1))[0] == 0
    assert (small * np.float32(1))[0] > 0


NOTHING = np.zeros_like(DMS.sample(2, seed=0).mask)
MISFITS = {
    "inputs": ((3, 3), DMS.sample(2, seed=0)),
    "classes": ((5, 2), DMS.sample(8, seed=0)),
    "outputs": ((3, 4), REACH.sample(2, seed=0)),
    "mask": ((5, 3), replace(DMS.sample(2, seed=0), mask=NOTHING)),
}


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("pace", ["trial", "bin"])
@pytest.mark.parametrize("misfit", MISFITS)
def test_trials_of_another_shape_are_refused(monkeypatch, misfit, pace, compiled):
    """Loops do not look where their arrays end."""
    if not compiled:
        monkeypatch.setattr(learning, "why_no_numba", lambda: "a test asks for steps")
    (n_inputs, n_outputs), batch = MISFITS[misfit]
    with pytest.raises((ValueError, RuntimeError)):
        RFLO(update_every=pace).update(RateRNN(n_inputs, 4, n_outputs, dt=20), batch)


@pytest.mark.parametrize("activation", ["tanh", "relu", "rectified_tanh", "softplus", "sigmoid"])
@pytest.mark.parametrize("pace", ["trial", "bin"])
@pytest.mark.parametrize("where", ["inputs", "weights"])
def test_what_is_no_number_is_not_learned_from(where, pace, activation):
    """Neither in what a network sees nor in its weights; the network stays as it was."""
    network, batch = RateRNN(DMS.n_inputs, 6, DMS.n_outputs, dt=DMS.dt, activation=activation), DMS.sample(3, seed=0)
    if where == "inputs":
        inputs = batch.inputs.copy()
        inputs[len(inputs) // 2, 1, 0] = np.nan
        batch = replace(batch, inputs=inputs)
    else:
        network.recurrent.data[0, 1] = np.nan
    before = network.input.clone()
    with pytest.raises((ValueError, Diverged), match=r"NaN|nan"):
        RFLO(update_every=pace).update(network, batch)
    assert torch.equal(network.input, before)


# Compiling


LEARN = """
from cogdyn.agents import RateRNN
from cogdyn.agents.rules import RFLO
from cogdyn.envs import make_task
task = make_task("DelayMatchSample")
print(RFLO(update_every="bin").update(RateRNN(5, 4, 3, dt=task.dt), task.sample(2, seed=0))["loss"])
"""


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(tmp_path):
    closed = tmp_path / "closed"
    closed.write_text("a file where a folder should be")
    at = {"NUMBA_CACHE_DIR": str(closed / "cache")}
    found = [
        subprocess.run([sys.executable, "-c", LEARN], env=os.environ | more, capture_output=True, text=True, check=True)
        for more in (at, {"NUMBA_CACHE_DIR": str(tmp_path / "open")})
    ]
    assert found[0].stdout == found[1].stdout
    assert list((tmp_path / "open").rglob("*.nbi"))


def loss_of_one_update(seed):
    network = RateRNN(DMS.n_inputs, 4, DMS.n_outputs, dt=DMS.dt)
    return RFLO(update_every="bin").update(network, DMS.sample(2, seed=seed))["loss"]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_workers_that_are_forked_or_spawned_learn_the_same(start):
    here = [loss_of_one_update(seed) for seed in range(2)]
    with get_context(start).Pool(2) as pool:
        assert pool.map(loss_of_one_update, range(2)) == here


def test_the_loops_run_without_numba_too():
    """As plain Python, slowly: it is the same code."""
    from cogdyn.agents.credit.loops import compiler
    from cogdyn.agents.credit.loops.bins import learn_in_bins

    results = []
    for plain in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if plain:
                patch.setattr(compiler, "compiled_bins", lambda dtype: learn_in_bins)
                patch.setattr(compiler, "compiled_loop", lambda loop, dtype: loop)
            network = RateRNN(DMS.n_inputs, 4, DMS.n_outputs, dt=DMS.dt).double()
            metrics = RFLO(update_every="bin").update(network, DMS.sample(2, seed=0))
            results.append((network, [metrics], {}))
    assert_alike(*results, rtol=1e-12, atol=1e-14)
