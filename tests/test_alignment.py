"""Agreement of rules with the exact gradient, over trials and in single bins."""

import pytest
import torch
from precisions import DTYPES, in_float64, same_gradient

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.measures.gradient_alignment import (
    AlignmentWatch,
    alignment,
    alignment_in_bins,
    contributions,
    exact_contributions,
)
from cogdyn.agents.rules import BPTT, RFLO, RTRL, UORO
from cogdyn.envs import make_task

TASK = make_task("Add", n_steps=8)
LEAKS = pytest.mark.parametrize("leak", ["voltage", "rate"])


def network_for(leak="voltage", dtype=torch.float64, **arguments):
    given = {"tau": 3 * TASK.dt, "train_h0": False, "seed": 1} | arguments
    return RateRNN(TASK.n_inputs, 6, TASK.n_outputs, dt=TASK.dt, leak=leak, **given).to(dtype)


def synapses(gradient):
    return torch.cat([gradient["recurrent"], gradient["input"], gradient["bias"][:, None]], dim=1)


@DTYPES
@LEAKS
@pytest.mark.parametrize("facing", ["past", "future"])
def test_both_ways_to_see_the_exact_gradient_add_up_to_it(leak, facing, dtype):
    network, batch = network_for(leak, self_connections=True, dtype=dtype), TASK.sample(3, seed=0)
    found = exact_contributions(network, batch, facing)
    assert found.shape == (len(batch.inputs), 6, 6 + 2 + 1)
    same_gradient({"all": found.sum(0)}, {"all": synapses(BPTT().gradient(in_float64(network), batch))})


@DTYPES
def test_what_faces_the_future_is_zero_after_the_last_error_and_what_faces_the_past_before_the_first(dtype):
    network, batch = network_for(dtype=dtype), TASK.sample(3, seed=0)
    first = int(batch.mask.any(1).argmax())
    assert first > 0
    past, future = (
        exact_contributions(network, batch, facing).flatten(1).abs().amax(1) for facing in ("past", "future")
    )
    assert (past[:first] == 0).all()
    assert (past[first:] > 0).all()
    assert (future > 0).all()


@DTYPES
@LEAKS
def test_a_rule_that_is_exact_is_aligned_and_its_opposite_is_opposed(leak, dtype):
    network, batch = network_for(leak, dtype=dtype), TASK.sample(3, seed=0)
    exact = BPTT().gradient(network, batch)
    found = alignment(RTRL().gradient(network, batch), exact)
    assert found == pytest.approx(dict.fromkeys(found, 1.0))
    opposed = alignment({name: -value for name, value in exact.items()}, exact)
    assert opposed == pytest.approx(dict.fromkeys(found, -1.0))


@DTYPES
def test_a_local_rule_is_partly_aligned_and_its_readout_wholly(dtype):
    network, batch = network_for(dtype=dtype), TASK.sample(20, seed=0)
    exact = BPTT().gradient(network, batch)
    symmetric = alignment(RFLO(feedback="symmetric").gradient(network, batch), exact)
    assert symmetric["readout"] == pytest.approx(1.0)
    assert 0.1 < symmetric["all synapses"] < 0.999


def test_what_does_not_learn_is_left_out_of_the_cosines():
    network, batch = network_for(), TASK.sample(3, seed=0)
    for part in (network.recurrent, network.bias, network.readout, network.readout_bias):
        part.requires_grad_(False)
    found = alignment(RTRL().gradient(network, batch), BPTT().gradient(network, batch))
    nothing = float("nan")
    expected = {"recurrent": nothing, "input": 1.0, "bias": nothing, "readout": nothing, "all synapses": 1.0}
    assert found == pytest.approx(expected, nan_ok=True)


def test_gradients_of_two_networks_have_no_cosine():
    batch = TASK.sample(3, seed=0)
    other = RateRNN(TASK.n_inputs, 7, TASK.n_outputs, dt=TASK.dt).double()
    with pytest.raises(ValueError, match=r"shape \(.*; they must be of one network"):
        alignment(BPTT().gradient(network_for(), batch), BPTT().gradient(other, batch))


def test_contributions_to_another_network_are_those_of_a_new_rule():
    network, other, batch, rule = network_for(), network_for(), TASK.sample(3, seed=0), RFLO(feedback="adaptive")
    rule.restore(network, {"feedback": torch.ones_like(network.readout)})
    fresh = RFLO(feedback="adaptive")
    assert torch.equal(contributions(other, rule, batch), contributions(other, fresh, batch))
    assert not torch.equal(contributions(network, rule, batch), contributions(network, fresh, batch))


@DTYPES
def test_contributions_leave_network_and_rule_as_they_were(dtype):
    network, batch, rule = network_for(dtype=dtype), TASK.sample(3, seed=0), RFLO()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = contributions(network, rule, batch)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    same_gradient({"all": found.sum(0)}, {"all": synapses(rule.gradient(network, batch))})


def test_cosines_in_bins_are_matched_by_their_lag():
    generator = torch.Generator().manual_seed(0)
    exact = torch.randn(9, 3, 4, generator=generator)
    late = torch.cat([torch.zeros(2, 3, 4), 5 * exact[:-2]])
    torch.testing.assert_close(alignment_in_bins(late, exact, lag=2), torch.ones(7))
    assert alignment_in_bins(late, exact)[:2].isnan().all()
    assert alignment_in_bins(late, exact)[2:].abs().max() < 0.95


def test_one_draw_of_a_random_rule_is_hardly_aligned_in_single_bins():
    network, batch = network_for(noise=0.0), TASK.sample(4, seed=0)
    found = contributions(network, UORO(), batch, torch.Generator().manual_seed(1))
    exact = exact_contributions(network, batch, "past")
    cosines = alignment_in_bins(found, exact)
    assert cosines[-8:].abs().mean() < 0.7


def test_the_way_must_be_past_or_future():
    with pytest.raises(ValueError, match="future"):
        exact_contributions(network_for(), TASK.sample(1, seed=0), "futur")


def test_a_training_notes_alignments_among_its_metrics_and_keeps_them_on_disk(tmp_path):
    network = network_for().float()
    watch = AlignmentWatch({"exact": RTRL(), "local": RFLO(feedback="symmetric")}, TASK.sample(4, seed=1))
    run = train(TASK, network, RFLO(), 4, 4, evaluate_every=2, n_test=5, out=tmp_path / "run", watch=watch)
    assert [row["step"] for row in run.metrics] == [2, 4]
    for row in run.metrics:
        assert row["exact: all synapses"] == pytest.approx(1, abs=1e-4)
        assert row["local: readout"] == pytest.approx(1, abs=1e-4)
        assert -1 < row["local: recurrent"] < 1
    assert load_run(tmp_path / "run").metrics == run.metrics
    for run in train(TASK, network_for().float(), RFLO(), 2, 4, n_test=5, ensemble=2, watch=watch):
        assert run.metrics[0]["exact: all synapses"] == pytest.approx(1, abs=1e-4)


def test_no_rounding_brings_a_cosine_above_one():
    for seed in range(200):
        values = torch.randn(1000, generator=torch.Generator().manual_seed(seed))
        gradient = {"recurrent": values}
        assert alignment(gradient, {"recurrent": 3 * values})["recurrent"] <= 1
        assert alignment(gradient, {"recurrent": -values})["recurrent"] >= -1
