"""Figures, checks and the pieces of the lessons."""

import matplotlib.image
import numpy as np
import pytest
import torch
from every_task import every_task, one_of_each_kind

from cogdyn.agents import RateRNN, evaluate, train
from cogdyn.agents.dynamics import principal_components
from cogdyn.agents.rules import BPTT
from cogdyn.envs import Uniform, make_task
from cogdyn.envs.typical import typical
from cogdyn.lessons import draw_trial
from cogdyn.lessons.chapters.remembering import (
    check_euler_step,
    decode_sample,
    draw_memory_trace,
    draw_score_by_delay,
    memory_trace,
)
from cogdyn.lessons.figures.conditions import group, wilson_interval
from cogdyn.lessons.figures.summary import draw_summary, write_figure

DMS = make_task("DelayMatchSample")


# The exercise


def right(x, u, W, W_in, b, alpha):
    return (1 - alpha) * x + alpha * (W @ np.maximum(x, 0) + W_in @ u + b)


def test_the_solution_is_the_step_of_the_network():
    network = RateRNN(3, 5, 2, dt=20, tau=100, self_connections=True, seed=0).double()
    generator = torch.Generator().manual_seed(0)
    x, u = (torch.randn(n, generator=generator, dtype=torch.float64) for n in (5, 3))
    w, w_in, b = (m.detach().numpy() for m in (network.recurrent_weights, network.input_weights, network.bias))
    expected = network.step(x, u).detach().numpy()
    alpha = network.alpha.numpy()  # stored in float32: not 0.2 to the last bit
    np.testing.assert_allclose(right(x.numpy(), u.numpy(), w, w_in, b, alpha), expected, rtol=1e-12)


def relu(x):
    return np.maximum(x, 0)


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda x, u, W, W_in, b, a: x + a * (W @ relu(x) + W_in @ u + b), "the leak is missing"),
        (lambda x, u, W, W_in, b, a: (1 - a) * x + a * (W @ x + W_in @ u + b), "voltages travel"),
        (lambda x, u, W, W_in, b, a: (1 - a) * x + a * (relu(x) @ W + W_in @ u + b), "the wrong way round"),
        (lambda x, u, W, W_in, b, a: (1 - a) * x + W @ relu(x) + W_in @ u + b, "not multiplied by alpha"),
        (lambda x, u, W, W_in, b, a: (1 - a) * x + a * (W @ relu(x)) + W_in @ u + b, "only the recurrent"),
        (lambda x, u, W, W_in, b, a: (1 - a) * x + a * (W @ relu(x) + W_in @ u), "the bias is missing"),
        (lambda x, u, W, W_in, b, a: (1 - a) * x + a * (W @ relu(x) + b), "external input is missing"),
        (lambda x, u, W, W_in, b, a: (1 - a) * relu(x) + a * (W @ relu(x) + W_in @ u + b), "rates leak"),
        (lambda x, u, W, W_in, b, a: 0.9 * right(x, u, W, W_in, b, a), "0.9 times what it should be"),
        (lambda x, u, W, W_in, b, a: None, "returns nothing"),
        (lambda x, u, W, W_in, b, a: 0.0, "shape"),
        (lambda x, u, W, W_in, b, a: W_in @ x, "raised ValueError"),
        (lambda x, u, W, W_in, b, a: np.add(x, 1, out=x), "changes its arguments"),
    ],
)
def test_each_slip_is_named(slip, reason):
    verdict = check_euler_step(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint
    assert "Not yet" in verdict._repr_html_()


# Memory


def test_isolated_units_forget_with_their_time_constant():
    network = RateRNN(DMS.n_inputs, 20, 3, dt=20, tau=100, activation="tanh", leak="rate", gain=0.5, seed=0)
    trace = memory_trace(DMS, network, delay_ms=1000)
    after = trace.isolated[trace.times >= 0]
    np.testing.assert_allclose(after[1:] / after[:-1], 1 - 20 / 100, rtol=1e-6)


def test_a_sample_is_decoded_where_the_rates_hold_it_and_only_there():
    holding = RateRNN(DMS.n_inputs, 20, 3, init="identity", gain=1.0, self_connections=True, noise=0.01)
    assert decode_sample(DMS, holding, 400, 100) == 1.0
    forgetting = RateRNN(DMS.n_inputs, 20, 3, gain=0.0, noise=0.05)
    assert 0.3 < decode_sample(DMS, forgetting, 4000, 100) < 0.7


# Conditions and components


def test_typical_fixes_durations_at_their_median():
    assert typical(DMS).delay_ms == 600
    assert typical(make_task("ReadySetGo")) == make_task("ReadySetGo")
    assert typical(make_task("DelayMatchSample", delay_ms=Uniform(200, 280))).delay_ms == 240


@pytest.mark.parametrize("name", every_task())
def test_groups_cover_all_trials_and_average_them(name):
    task = typical(make_task(name))
    batch = task.sample(200, seed=0)
    groups = group(task, batch)
    assert set(groups.index) == set(range(len(groups.labels)))
    assert len(set(groups.labels)) == len(groups.labels) <= 24
    assert len(groups.labels) > 1 or len({*batch.conditions[task.contrasts[0]]}) == 1
    means = groups.means(batch.inputs)
    weights = np.bincount(groups.index) / 200
    np.testing.assert_allclose((means * weights[:, None]).sum(axis=1), batch.inputs.mean(axis=1), atol=1e-5)


def test_wilson_interval_by_its_published_example():
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I: 15 of 148.
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_principal_components_of_a_known_covariance():
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    rates = (rng.normal(size=(40, 500, 6)) * [5, 2, 1, 0.1, 0.1, 0.1]) @ basis.T + 3
    rates[0, 0] = np.nan
    found = principal_components(rates, 3)
    np.testing.assert_allclose(np.abs(found.components @ basis[:, :3]), np.eye(3), atol=0.03)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(3), atol=1e-12)
    expected = np.array([25, 4, 1]) / 30.03
    np.testing.assert_allclose(found.variance_fraction, expected, rtol=0.03)
    assert found.project(rates).shape == (40, 500, 3)
    with pytest.raises(ValueError, match="n_components is 7"):
        principal_components(rates, 7)


# Figures


@pytest.mark.parametrize("name", one_of_each_kind())
def test_every_run_can_be_drawn(name, tmp_path):
    task = make_task(name)
    network = RateRNN(task.n_inputs, 10, task.n_outputs, dt=task.dt, dale=0.8, noise=0.05)
    run = train(task, network, BPTT(), steps=2, batch_size=4, evaluate_every=1, n_test=8)
    write_figure(draw_summary(run, evaluate(task, network, 60, number=1)), tmp_path / "summary.png")
    picture = matplotlib.image.imread(tmp_path / "summary.png")
    assert picture.std() > 0.05
    assert [path.name for path in tmp_path.iterdir()] == ["summary.png"]


def test_a_trial_can_be_drawn_without_a_network(tmp_path):
    write_figure(draw_trial(DMS, DMS.sample(2, seed=0), trial=1), tmp_path / "trial.png")
    assert matplotlib.image.imread(tmp_path / "trial.png").std() > 0.05


def test_memory_figures_say_what_they_show():
    network = RateRNN(DMS.n_inputs, 10, 3)
    figure = draw_memory_trace(memory_trace(DMS, network), 100, (400, 800))
    assert figure.axes[0].get_yscale() == "log"
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()][1].endswith("(tau = 100 ms)")
    figure = draw_score_by_delay([200, 400], np.array([[0.5, 1.0], [0.6, 0.9]]), (200, 400))
    assert len(figure.axes[0].get_legend().get_texts()) == 2
