"""The plasticity of compartments: equal to DNI where it should be, and every switch does what it says."""

import pytest
import torch
from precisions import DTYPES
from synthetic_bins import plain_bin, random_bins, rows, summed

from cogdyn.agents import RateRNN
from cogdyn.agents.measures.apical_voltages import apical_voltages, exact_credit
from cogdyn.agents.network.ensemble import ensemble_of, member
from cogdyn.agents.rules import BPTT, DNI, Compartments
from cogdyn.envs import make_task

TASK = make_task("Add", n_steps=8, lags=(2, 3))
FAST = {"lr_apical": 0.1, "lr_jacobian": 0.05}


def network_for(leak="rate", n=6, dtype=torch.float64, **arguments):
    given = {"tau": 30, "noise": 0.0, "activation": "tanh", "seed": 1, "train_h0": False} | arguments
    return RateRNN(TASK.n_inputs, n, TASK.n_outputs, dt=TASK.dt, leak=leak, **given).to(dtype)


def noise(seed=3):
    return torch.Generator().manual_seed(seed)


def learned(rule, updates=4, **arguments):
    """What a rule makes of a network in a few updates: its gradients, its metrics, the parameters, its memory."""
    network, found = network_for(**arguments), {}
    for k in range(updates):
        batch = TASK.sample(3, seed=k)
        found |= {f"gradient {k} {name}": v for name, v in rule.gradient(network, batch, noise(k)).items()}
        found |= {f"{name} {k}": torch.tensor(v) for name, v in rule.update(network, batch, noise(k)).items()}
    found |= {name: value.detach() for name, value in network.named_parameters()}
    return found | {f"memory {name}": value for name, value in rule.memory.items()}


def same(found, expected, tolerance=1e-12):
    for name in found.keys() & expected.keys():
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=tolerance, msg=name)
    assert len(found.keys() & expected.keys()) > 30


def differ(found, expected, name="recurrent"):
    return (found[name] - expected[name]).abs().max().item()


# What it is equal to


@pytest.mark.parametrize("update", ["trial", "bin"])
@pytest.mark.parametrize("bootstrap", ["tanh", "identity"])
@pytest.mark.parametrize("jacobian", ["learned", "exact"])
@DTYPES
def test_all_phases_in_every_bin_with_shared_transport_are_dni(update, bootstrap, jacobian, dtype):
    both = {
        "jacobian": jacobian,
        "bootstrap": bootstrap,
        "update_every": update,
        "feedback": "random",
        "lr": 1e-2,
    } | FAST
    given = {"noise": 0.1, "activation": "tanh" if dtype == torch.float64 else "relu", "dtype": dtype}
    found = learned(Compartments(transport="shared", **both), **given)
    same(found, learned(DNI(**both), **given))
    assert differ(found, learned(DNI(**both | {"lr_apical": 0.11}), **given)) > 1e-7


@pytest.mark.parametrize("update", ["trial", "bin"])
@pytest.mark.parametrize("jacobian", ["learned", "random", "from_zero", "frozen"])
@pytest.mark.parametrize("phases", ["every_step", "alternate"])
def test_a_mirror_that_begins_as_the_transpose_carries_what_sharing_does(update, jacobian, phases):
    both = {"jacobian": jacobian, "update_every": update, "phases": phases, "block": 4, "lr": 1e-2} | FAST
    mirrored = learned(Compartments(transport="mirrored", **both))
    same(mirrored, learned(Compartments(transport="shared", **both)))
    torch.testing.assert_close(mirrored["memory mirror"], mirrored["memory jacobian"].T, rtol=0, atol=1e-12)
    elsewhere = learned(Compartments(transport="mirrored", mirror="random", **both))
    assert differ(elsewhere, mirrored) > 1e-7


def test_a_shut_carrier_is_a_jacobian_of_zero():
    shut, zero = Compartments(inhibited=["carrier"], **FAST), Compartments(jacobian="zero", **FAST)
    same(learned(shut), learned(zero))
    assert differ(learned(Compartments(**FAST)), learned(Compartments(jacobian="zero", **FAST))) > 1e-6


@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_apical_dendrites_that_predict_the_credit_give_the_exact_gradient(leak):
    """Five bins and nine senders: there is such an A; with the exact Jacobian it stays."""
    task = make_task("Add", n_steps=3, lags=(1, 2))
    network, batch = network_for(leak), task.sample(1, seed=0)
    rule = Compartments(jacobian="exact", bootstrap="identity", feedback="symmetric", lr_apical=0.3)
    rates = network(torch.from_numpy(batch.inputs).double()).rates[:, 0].detach()
    seen = torch.cat([rates, torch.from_numpy(batch.targets)[:, 0], torch.ones_like(rates[:, :1])], dim=1)
    apical = (torch.linalg.pinv(seen) @ exact_credit(network, rule, batch)[:, 0]).T
    zero = torch.zeros(())
    rule.restore(network, {"own.apical": apical, "own.slow": apical, "own.age": zero, "own.bin": zero})
    exact = BPTT().gradient(network, batch)
    for name, value in rule.gradient(network, batch).items():
        torch.testing.assert_close(value, exact[name], rtol=0, atol=1e-10)
    found = apical_voltages(network, rule, batch)
    torch.testing.assert_close(found, exact_credit(network, rule, batch), rtol=0, atol=1e-10)
    rule.update(network, batch)
    torch.testing.assert_close(rule.memory["apical"], apical, rtol=0, atol=1e-10)


# By hand


def test_two_bins_by_hand():
    """Run, teach, consolidate, with W = I and the identity."""
    network = RateRNN(1, 2, 2, dt=10, tau=10, leak="rate", activation="relu").double()
    rule = Compartments(bootstrap="identity", lr_apical=1.0, lr_jacobian=0.5)
    apical, eye = torch.zeros(2, 5, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    apical[:, -1] = rows(1, 10)
    memory = {"apical": apical, "slow": apical, "jacobian": eye, "mirror": eye}
    memory |= {"age": torch.zeros(()), "bin": torch.zeros(())}
    traces = rule.steps(network, 1, memory, None)
    first = traces.step(plain_bin([0.0, 0.0], [0.0, 0.0], [3.0, 4.0]), None)
    assert first.tolist() == [[0, 0, 0, 1], [0, 0, 0, 10]]
    second = traces.step(plain_bin([1.0, 2.0], [2.0, 2.0], [0.0, 0.0]), None)
    # Run: J = I predicted (1, 2) of (2, 2). Teach: (3, 4) + (1, 10) J, with the new J, for the bias of the bin before.
    assert traces.memory["jacobian"].tolist() == [[1.5, 1], [0, 1]]
    assert traces.memory["mirror"].tolist() == [[1.5, 0], [1, 1]]
    assert traces.memory["apical"].tolist() == [[0, 0, 0, 0, 4.5], [0, 0, 0, 0, 15]]
    # Consolidate: by the voltages that this makes.
    assert second.tolist() == [[4.5, 9, 0, 4.5], [15, 30, 0, 15]]


@pytest.mark.parametrize("decay", [0.0, 0.02])
def test_a_mirror_that_begins_elsewhere_comes_nearer_by_what_both_lose(decay):
    rule = Compartments(mirror="random", mirror_decay=decay, lr_jacobian=0.05)
    traces = rule.steps(network_for(n=4), 3, {}, None)
    apart = traces.memory["mirror"] - traces.memory["jacobian"].T
    summed(traces, random_bins(40))
    left = traces.memory["mirror"] - traces.memory["jacobian"].T
    torch.testing.assert_close(left, (1 - decay) ** 40 * apart, rtol=0, atol=1e-12)
    assert apart.abs().max() > 0.5


def test_the_jacobian_learns_to_predict_rates():
    """Of a linear network in noise, J is (1 - alpha) I + alpha W."""
    truth = torch.rand(4, 4, generator=noise(), dtype=torch.float64) - 0.5
    rule = Compartments(jacobian="from_zero", lr_jacobian=0.1)
    traces = rule.steps(network_for(n=4), 1, {}, None)
    source, rates = noise(1), torch.zeros(4, dtype=torch.float64)
    for _ in range(1500):
        before = torch.randn(4, generator=source, dtype=torch.float64)
        rates = before @ truth.T
        traces.step(plain_bin(before.tolist(), rates.tolist(), [0.0] * 4), None)
    torch.testing.assert_close(traces.memory["jacobian"], truth, rtol=0, atol=1e-6)


# Phases and compartments


def test_in_alternation_each_block_changes_one_population():
    rule = Compartments(phases="alternate", block=3, refresh=50, **FAST)
    traces = rule.steps(network_for(n=4), 3, {}, None)
    changed = []
    for bin in random_bins(20):
        before = {name: traces.memory[name] for name in ("jacobian", "mirror", "apical")}
        contributed = traces.step(bin, None)
        moved = [name for name, value in before.items() if not torch.equal(traces.memory[name], value)]
        changed.append([*moved, *(["basal"] if contributed.abs().max() > 0 else [])])
    blocks = [["jacobian", "mirror"]] * 3 + [["apical"]] * 3 + [["basal"]] * 3
    assert changed == (blocks * 3)[:20]


def test_blocks_go_on_from_trial_to_trial():
    """Also when the rule is restored in the middle of one."""
    rule = Compartments(phases="alternate", block=7, update_every="bin", **FAST)
    network = network_for()
    for k in range(3):
        rule.update(network, TASK.sample(2, seed=k))
        assert rule.memory["bin"] == 11 * (k + 1) % 21
    again = Compartments(**rule.config)
    twin = network_for()
    twin.load_state_dict(network.state_dict())
    again.restore(twin, rule.state(network))
    rule.update(network, TASK.sample(2, seed=5))
    again.update(twin, TASK.sample(2, seed=5))
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), twin.parameters(), strict=True))
    assert all(torch.equal(rule.memory[name], value) for name, value in again.memory.items())


def test_shut_apical_dendrites_leave_the_readout_to_learn_alone():
    before = network_for()
    found = learned(Compartments(inhibited=["apical"], update_every="bin", **FAST))
    assert torch.equal(found["recurrent"], before.recurrent)
    assert torch.equal(found["input"], before.input)
    assert torch.equal(found["bias"], before.bias)
    assert differ(found, dict(before.named_parameters()), "readout") > 1e-4


def test_without_a_teacher_apical_voltages_fade():
    bins, memories = random_bins(400), []
    for inhibited in (["teacher", "carrier"], ["carrier"]):
        traces = Compartments(inhibited=inhibited, lr_apical=0.1).steps(network_for(n=4), 3, {}, None)
        summed(traces, bins)
        memories.append(traces.memory)
    fading, taught = (torch.stack([bin_voltage(memory, bin) for bin in bins]) for memory in memories)
    assert fading.abs().max() < 0.15
    assert taught.abs().mean() > 1


def bin_voltage(memory, bin):
    return torch.cat([bin.rates, bin.label, torch.ones_like(bin.label[:, :1])], -1) @ memory["apical"].T


def test_a_shut_label_is_not_seen():
    rule = Compartments(inhibited=["label"], **FAST)
    traces = rule.steps(network_for(n=4), 3, {}, None)
    branch = traces.memory["apical"][:, 4:6].clone()
    summed(traces, random_bins(10))
    assert torch.equal(traces.memory["apical"][:, 4:6], branch)
    bin = random_bins(1)[0]
    without = bin_voltage(traces.memory, bin) - bin.label @ branch.T
    torch.testing.assert_close(rule.voltage(traces.state, bin), without, rtol=0, atol=1e-12)


def test_voltages_are_no_longer_than_allowed():
    bins = random_bins(5)
    free, bound = (Compartments(largest_voltage=limit, **FAST) for limit in (None, 0.5))
    free, bound = (rule.voltage(rule.begin(network_for(n=4), 3, {}, None), bins[0]) for rule in (free, bound))
    norm = free.norm(dim=1, keepdim=True)
    assert (norm > 0.5).any()
    torch.testing.assert_close(bound, free * (0.5 / norm).clamp(max=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("jacobian", ["frozen", "zero", "exact"])
def test_what_does_not_learn_stays(jacobian):
    network = network_for()
    rule = Compartments(jacobian=jacobian, update_every="bin", **FAST)
    rule.update(network, TASK.sample(3, seed=0))
    if jacobian == "frozen":
        first, alpha = network_for(), network.alpha[0]
        expected = (1 - alpha) * torch.eye(6, dtype=torch.float64) + alpha * first.recurrent_weights
        torch.testing.assert_close(rule.memory["jacobian"], expected.detach(), rtol=0, atol=1e-12)
    else:
        assert not {"jacobian", "mirror"} & rule.memory.keys()


# In the house


@pytest.mark.parametrize("update", ["trial", "bin"])
@pytest.mark.parametrize("arguments", [{}, {"phases": "alternate", "block": 4}, {"jacobian": "exact"}])
def test_an_ensemble_learns_as_its_networks_would_alone(update, arguments):
    given = {"update_every": update} | FAST | arguments
    ensemble = ensemble_of(network_for(noise=0.1), 3)
    alone = [member(ensemble, s) for s in range(3)]
    together = Compartments(**given)
    for k in range(3):
        together.update(ensemble, TASK.sample(3, seed=k), noise(k))
    for s, one in enumerate(alone):
        single = Compartments(**given)
        for k in range(3):
            single.update(one, TASK.sample(3, seed=k), noise(k))
        for name, value in one.named_parameters():
            torch.testing.assert_close(getattr(ensemble, name)[s], value, rtol=0, atol=1e-10)
        for name, value in single.memory.items():
            found = together.memory[name]
            torch.testing.assert_close(found[s] if found.ndim else found, value, rtol=0, atol=1e-10)


def test_dales_law_and_masks_hold_while_weights_change_in_every_bin():
    network = network_for(dale=0.5, density=0.5, input_units=range(3), output_units=range(3, 6))
    before, rule = network.recurrent_weights.detach().clone(), Compartments(update_every="bin", lr=1e-2, **FAST)
    for k in range(5):
        rule.update(network, TASK.sample(4, seed=k), noise(k))
    weights = network.recurrent_weights
    assert (weights * network.signs >= 0).all()
    assert (weights[network.recurrent_mask == 0] == 0).all()
    assert (network.input_weights[3:] == 0).all()
    assert (weights - before).abs().max() > 1e-4


def test_the_rule_is_made_again_from_its_configuration():
    rule = Compartments(
        update_every="bin", phases="alternate", block=9, inhibited=("label",), largest_voltage=2.0, **FAST
    )
    assert Compartments(**rule.config).config == rule.config
    assert rule.config["inhibited"] == ["label"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"jacobian": "lernt"}, "unknown jacobian"),
        ({"transport": "mirror"}, "'mirrored'"),
        ({"bootstrap": "tan"}, "'tanh'"),
        ({"phases": "alternating"}, "'alternate'"),
        ({"block": 0}, "at least 1"),
        ({"inhibited": ["apicle"]}, "'apical'"),
        ({"mirror": "transpose"}, "'transposed'"),
        ({"mirror_decay": 1.0}, "below 1"),
        ({"lr_apical": -0.1}, "must be positive"),
        ({"lr_jacobian": 0}, "must be positive"),
        ({"refresh": 2.5}, "whole number"),
        ({"largest_voltage": 0.0}, "must be positive"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Compartments(**arguments)


@pytest.mark.parametrize("jacobian", ["learned", "random", "from_zero", "frozen"])
def test_an_estimate_of_the_jacobian_needs_a_leak_on_the_rate(jacobian):
    with pytest.raises(ValueError, match=f"Compartments with jacobian='{jacobian}'.*leak='rate'"):
        Compartments(jacobian=jacobian).update(network_for("voltage"), TASK.sample(1, seed=0))
