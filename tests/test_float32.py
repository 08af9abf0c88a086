"""What rules make of a network in the precision that users have is what they make of it in float64."""

import copy

import pytest
import torch
from precisions import DTYPES, LEAST_COSINE, in_float64, same_gradient

from cogdyn.agents import RateRNN
from cogdyn.agents.credit import random_products
from cogdyn.agents.credit.bins import Bin, bins_of
from cogdyn.agents.credit.loops import learning
from cogdyn.agents.credit.output_error import OutputError
from cogdyn.agents.measures.apical_voltages import apical_voltages, exact_credit
from cogdyn.agents.measures.gradient_alignment import AlignmentWatch, alignment, contributions, exact_contributions
from cogdyn.agents.network.data import tensors
from cogdyn.agents.rules import (
    BPTT,
    DNI,
    FBPTT,
    KFRTRL,
    RFLO,
    RKF,
    RTRL,
    UORO,
    Compartments,
    EProp,
    KeRNL,
    ModProp,
    SnAp1,
    kernl,
    kf_rtrl,
)
from cogdyn.envs import make_task

TASK = make_task("DelayMatchSample", dt=100)
LEAKS = pytest.mark.parametrize("leak", ["voltage", "rate"])
ALPHAS = pytest.mark.parametrize("alpha", [0.05, 0.1, 1 / 3, 0.2])
ACTIVATIONS = pytest.mark.parametrize("activation", ["relu", "rectified_tanh", "tanh"])
WHOLE = {"horizon_ms": 1000 * TASK.dt}
EXACT = {"RTRL": RTRL, "FBPTT": lambda: FBPTT(**WHOLE)}
APPROXIMATE = {
    "FBPTT, short": lambda: FBPTT(horizon_ms=5 * TASK.dt),
    "RFLO": RFLO,
    "e-prop": EProp,
    "e-prop, filtered": lambda: EProp(readout_filter=0.7),
    "SnAp-1": SnAp1,
    "ModProp": ModProp,
    "KeRNL": lambda: KeRNL(forgetting=0.3),
    "DNI": DNI,
    "DNI(b)": lambda: DNI(jacobian="learned"),
    "Compartments": Compartments,
    "Compartments, exact": lambda: Compartments(jacobian="exact"),
}
RANDOM = {"UORO": UORO, "KF-RTRL": KFRTRL, "R-KF": RKF}
ONLY_RATE = ("DNI(b)", "Compartments")
"""They estimate the Jacobian from rate to rate."""
BY_LEAK = [
    (rule, leak)
    for rule in (*APPROXIMATE, *RANDOM)
    for leak in ("voltage", "rate")
    if leak == "rate" or rule not in ONLY_RATE
]


def network_for(leak, alpha, activation="relu", gain=1.0):
    """Of a gain with which relu units neither fall silent nor grow beyond what DNI and KeRNL can learn from."""
    given = {"tau": TASK.dt / alpha, "activation": activation, "gain": gain, "train_h0": False, "seed": 2}
    return RateRNN(TASK.n_inputs, 10, TASK.n_outputs, dt=TASK.dt, leak=leak, **given)


def trials():
    return TASK.sample(2, seed=1)


@pytest.fixture(autouse=True)
def the_same_random_numbers_in_both_precisions(monkeypatch):
    """Drawn in float64 for networks in float32 too, which would draw others."""

    def normal(like, *shape, generator):
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(like)

    for module in (random_products, kf_rtrl, kernl):
        monkeypatch.setattr(module, "normal", normal)


def noise():
    return torch.Generator().manual_seed(3)


def test_silent_units_do_not_take_part():
    """With f(h) won back from rounded rates they did: a cosine of -0.9 for input weights."""
    task = make_task("DelayMatchSample", dt=10)
    network, batch = RateRNN(task.n_inputs, 32, task.n_outputs, dt=10, leak="rate"), task.sample(1, seed=0)
    found = alignment(RTRL().gradient(network, batch), BPTT().gradient(in_float64(network), batch))
    assert min(found.values()) >= LEAST_COSINE


@LEAKS
@ALPHAS
@ACTIVATIONS
@pytest.mark.parametrize("rule", EXACT)
def test_exact_rules_are_exact(rule, activation, alpha, leak):
    network, batch = network_for(leak, alpha, activation, gain=None), trials()
    exact = BPTT().gradient(in_float64(network), batch)
    same_gradient(EXACT[rule]().gradient(network, batch), exact)
    same_gradient(EXACT[rule]().gradient(in_float64(network), batch), exact)


@ALPHAS
@ACTIVATIONS
@pytest.mark.parametrize(("rule", "leak"), BY_LEAK)
def test_other_rules_are_what_they_are_in_float64(rule, activation, alpha, leak):
    network, batch, make = network_for(leak, alpha, activation), trials(), (APPROXIMATE | RANDOM)[rule]
    same_gradient(make().gradient(network, batch, noise()), make().gradient(in_float64(network), batch, noise()))


@LEAKS
@ALPHAS
@ACTIVATIONS
def test_what_alignment_is_measured_by_is_what_it_is_in_float64(activation, alpha, leak):
    network, batch = network_for(leak, alpha, activation), trials()
    measured, watched = [], []
    for of in (network, in_float64(network)):
        rules = {"RTRL": RTRL(), "RFLO": RFLO(feedback="random")}
        watched.append(AlignmentWatch(rules, batch)(of, 0))
        measured.append(
            {
                "RFLO": contributions(of, rules["RFLO"], batch),
                "past": exact_contributions(of, batch, "past"),
                "future": exact_contributions(of, batch, "future"),
                "credit": exact_credit(of, DNI(), batch),
                "apical voltages": apical_voltages(of, DNI(), batch),
            }
        )
    same_gradient(*measured)
    assert watched[0] == pytest.approx(watched[1], abs=1e-5)
    assert min(cosine for name, cosine in watched[0].items() if "RTRL" in name) >= LEAST_COSINE


@LEAKS
@ALPHAS
@ACTIVATIONS
@DTYPES
def test_a_bin_is_the_same_after_the_trial_and_in_every_bin(monkeypatch, activation, alpha, leak, dtype):
    monkeypatch.setattr(
        learning, "why_no_numba", lambda: "a test asks for steps"
    )  # its step is another than that of its class
    network, batch, kept = network_for(leak, alpha, activation).to(dtype), trials(), []
    for update in ("trial", "bin"):
        rule, bins = RTRL(update_every=update, lr=1e-30), []

        def step(state, bin, generator, bins=bins):
            bins.append(bin)
            return state, torch.zeros(*bin.recurrent.shape[:-1], bin.senders.shape[-1], dtype=dtype)

        rule.step = step
        rule.update(copy.deepcopy(network), batch)
        kept.append(bins)
    assert len(kept[0]) == len(kept[1]) == len(batch.inputs)
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-6}
    for name in Bin._fields:
        after, live = (torch.stack([getattr(bin, name) for bin in bins]) for bins in kept)
        torch.testing.assert_close(live, after, **tolerance, msg=name)
        if "slope" in name:
            assert torch.equal(live == 0, after == 0)
    silent = torch.stack([bin.slope * bin.drive_slope == 0 for bin in kept[0]])
    assert silent.any() == (activation != "tanh")


@LEAKS
@ALPHAS
@pytest.mark.parametrize("rule", ["RTRL", "RFLO", "SnAp-1", "ModProp", "KeRNL", "UORO"])
def test_weights_that_change_in_every_bin_go_where_they_go_in_float64(rule, alpha, leak):
    network, batch = network_for(leak, alpha), trials()
    make = {"RTRL": RTRL, "RFLO": RFLO, "SnAp-1": SnAp1, "ModProp": ModProp, "KeRNL": KeRNL, "UORO": UORO}[rule]
    changes = []
    for learner in (network, in_float64(network)):
        before = {name: value.detach().clone() for name, value in learner.named_parameters()}
        make(update_every="bin", lr=0.1, clip=None).update(learner, batch, noise())
        changes.append({name: value.detach() - before[name] for name, value in learner.named_parameters()})
    same_gradient(*changes)


def test_bins_need_what_the_forward_pass_knew():
    network, data = network_for("rate", 0.2), tensors(trials(), torch.empty(0))
    errors = OutputError(data, network.n_outputs)
    with pytest.raises(ValueError, match="keep_activations=True"):
        next(bins_of(network, data.inputs, network(data.inputs), errors, network.readout_weights))
