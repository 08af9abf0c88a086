"""The lesson on fixed points: its checks, its figures, and the notebook as a learner runs it."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from lesson_page import executed_lesson, kinds_shown, told

from cogdyn.agents import RateRNN, states_in_trials, step_at
from cogdyn.agents.dynamics import principal_components
from cogdyn.envs import make_task
from cogdyn.lessons.chapters.fixed_points import (
    check_jacobian,
    check_newton_step,
    draw_modes,
    draw_points,
    points_at,
    signs_at,
)
from cogdyn.lessons.figures.point_marks import point_kinds

PAGE = Path(__file__).parent.parent / "book/lessons/04-fixed-points.md"


# The exercises


def jacobian(r, u, W, W_in, b, alpha, *, slope=None, keep=None, by=None, gain=None):
    """The Jacobian, or one of its likely mistakes."""
    x = W @ r + W_in @ u + b
    slope = 1 - np.tanh(x) ** 2 if slope is None else slope
    keep = (1 - alpha) * np.eye(len(r)) if keep is None else keep
    return keep + (alpha if gain is None else gain) * (slope[:, None] * W if by is None else by(slope, W))


def slope_of(x):
    return 1 - np.tanh(x) ** 2


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda *a: jacobian(*a, keep=0), "leak is missing"),
        (lambda *a: jacobian(*a, keep=1 - a[5]), "leak is everywhere"),
        (lambda *a: jacobian(*a) - np.eye(5), "of the velocity"),
        (lambda *a: jacobian(*a, by=lambda s, W: W * s), "slope is the sender's"),
        (lambda *a: jacobian(*a, slope=np.ones(5)), "slope is missing"),
        (
            lambda r, u, W, W_in, b, a: jacobian(r, u, W, W_in, b, a, slope=np.tanh(W @ r + W_in @ u + b)),
            "not its slope",
        ),
        (lambda *a: jacobian(*a, slope=1 - a[0] ** 2), "at the rate"),
        (lambda *a: jacobian(*a, slope=slope_of(a[0])), "at tanh of the rate"),
        (lambda r, u, W, W_in, b, a: jacobian(r, 0 * u, W, W_in, b, a), "input is missing"),
        (lambda r, u, W, W_in, b, a: jacobian(r, u, W, W_in, 0 * b, a), "bias is missing"),
        (lambda *a: jacobian(*a, gain=1), "not multiplied by alpha"),
        (lambda *a: jacobian(*a).T, "the wrong way round"),
        (lambda *a: 1.1 * jacobian(*a), "1.1 times what it should be"),
        (lambda *a: np.diag(jacobian(*a)), "shape"),
        (lambda *a: None, "returns nothing"),
        (lambda r, u, W, W_in, b, a: W @ u, "raised ValueError"),
        (lambda r, u, W, W_in, b, a: np.multiply(W, 0.1, out=W), "changes its arguments"),
    ],
)
def test_each_slip_in_a_jacobian_is_named(slip, reason):
    verdict = check_jacobian(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


def newton(r, F, J):
    return r - np.linalg.solve(J(r) - np.eye(len(r)), F(r) - r)


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda r, F, J: 2 * r - newton(r, F, J), "leads away"),
        (lambda r, F, J: newton(r, F, J) - r, "only the way, not"),
        (lambda r, F, J: r - newton(r, F, J), "and it leads away"),
        (lambda r, F, J: r - np.linalg.solve(J(r), F(r)), "a root of F"),
        (lambda r, F, J: r - np.linalg.solve(J(r), F(r) - r), "Jacobian is F's"),
        (lambda r, F, J: r - np.linalg.solve(J(r) - np.eye(5), F(r)), "F is set to zero"),
        (lambda r, F, J: r - (J(r) - np.eye(5)) @ (F(r) - r), "multiplied by the matrix"),
        (lambda r, F, J: r - np.linalg.solve((J(r) - np.eye(5)).T, F(r) - r), "wrong way round"),
        (lambda r, F, J: F(r), "step of the network"),
        (lambda r, F, J: r - (J(r) - np.eye(5)).T @ (F(r) - r), "gradient descent"),
        (lambda r, F, J: newton(newton(r, F, J), F, J), "off by up to"),
        (lambda r, F, J: np.linalg.inv(J(r)), "shape"),
        (lambda r, F, J: None, "returns nothing"),
        (lambda r, F, J: F @ r, "raised ValueError"),
        (lambda r, F, J: np.subtract(r, 1, out=r), "changes its arguments"),
    ],
)
def test_each_slip_in_a_newton_step_is_named(slip, reason):
    verdict = check_newton_step(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


def test_the_praise_tells_where_newton_leads():
    given = []
    verdict = check_newton_step(lambda r, F, J: given.append((r, F, J)) or newton(r, F, J))
    assert verdict.passed
    ((r, F, J),) = given
    n_steps = int(re.search(r"state (\d+) such steps lead to a saddle", verdict.reason).group(1))
    for _ in range(n_steps):
        r = newton(r, F, J)
    assert np.abs(F(r) - r).max() < 1e-12
    growing = np.abs(np.linalg.eigvals(J(r))) > 1
    assert 0 < growing.sum() < len(r)


def test_the_jacobian_of_the_exercise_is_that_of_our_networks():
    network = RateRNN(
        2, 5, 1, dt=20, tau=100, activation="tanh", leak="rate", self_connections=True, gain=1.5, seed=1
    ).double()
    r, u = torch.linspace(-0.8, 0.6, 5, dtype=torch.float64), np.array([0.3, -1.0])
    exact = torch.autograd.functional.jacobian(lambda h: step_at(network, u)(h[None])[0], r)
    weights = (w.detach().numpy() for w in (network.recurrent_weights, network.input_weights, network.bias))
    np.testing.assert_allclose(jacobian(r.numpy(), u, *weights, 0.2), exact, atol=1e-8)


# Points and figures


def two_switches():
    """Two units that excite themselves and are read out: a memory for each combination of signs."""
    network = RateRNN(2, 2, 2, dt=20, tau=100, activation="tanh", leak="rate", self_connections=True).double()
    with torch.no_grad():
        for weights in (network.recurrent, network.readout):
            weights.copy_(2 * torch.eye(2))
        network.input.copy_(3 * torch.eye(2))
    return network


def test_points_are_found_from_the_states_of_trials_and_told_by_their_outputs():
    task, network = make_task("FlipFlop", n_bits=2, stream_ms=1000, rate=2.0), two_switches()
    states = states_in_trials(network, task.sample(8, seed=99))
    assert states.shape == (55, 8, 2)
    found = points_at(network, np.zeros(2), states, 100, noise=0.5)
    assert point_kinds(found) == ["stable"] * 4 + ["saddle"] * 4 + ["unstable"]
    assert sorted(map(tuple, signs_at(network, found)[found.stable])) == [*itertools.product((-1, 1), repeat=2)]
    pushed = points_at(network, np.array([1.0, 0.0]), states, 100, noise=0.5)
    assert (signs_at(network, pushed)[:, 0] == 1).all(), "while a pulse is on, its bit has one value"


def test_figures_say_what_they_show():
    task, network = make_task("FlipFlop", n_bits=2, stream_ms=1000, rate=2.0), two_switches()
    states = states_in_trials(network, task.sample(8, seed=99))
    found = points_at(network, np.zeros(2), states, 100, noise=0.5)
    figure = draw_points(found, states, principal_components(found.points, 2), ["++"])
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["stable", "saddle", "unstable", "trials"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["++"]
    modes = draw_modes({"one": found.eigenvalues[0], "two": found.eigenvalues[-1]}, dt=20, tau=100)
    assert [axes.get_title("left") for axes in modes.axes] == ["one", "two"]
    grows = [len(axes.lines[2].get_xdata()) for axes in modes.axes]
    assert grows == [0, 2]


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    last = """
import json
print(json.dumps({
    "two": [result.n_unstable.tolist(), result.time_constants[:, 0].tolist()],
    "signs": fixed_points.signs_at(network, result)[result.stable].tolist(),
    "three": fixed_points.signs_at(larger, of_three)[of_three.stable].tolist(),
    "held": {
        name: fixed_points.signs_at(network, view.points)[view.points.stable].tolist() for name, view in views.items()
    },
    "score": run.metrics[-1]["score"],
}))
"""
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), last)


@pytest.mark.slow
class TestNotebook:
    def test_what_it_claims_of_flip_flops_holds(self, executed):
        found = told(executed)
        every = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
        assert found["score"] > 0.98
        assert sorted(found["signs"]) == every
        assert found["two"][0] == [0, 0, 0, 0, 1, 1, 1, 1, 2]
        stable, growing = np.split(np.array(found["two"][1]), [4])
        assert (stable > 100).all(), "slower than a unit alone"
        assert (growing < 0).all()
        assert sorted(found["three"]) == [list(signs) for signs in itertools.product((-1, 1), repeat=3)]
        for name, signs in found["held"].items():
            if name != "no pulse":
                bit, sign = int(name[4]) - 1, 1 if name.endswith("up") else -1
                assert {row[bit] for row in signs} == {sign}, name

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 5
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 11
        assert kinds.count("text/html") == 2  # the verdicts on the empty exercises
