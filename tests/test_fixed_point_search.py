"""The search for fixed points: slow points, what is rejected and why, what it costs, and what it refuses."""

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.dynamics import fixed_points


def cloud(n, n_units, scale=1.0, seed=0):
    return scale * np.random.default_rng(seed).normal(size=(n, n_units))


def settle(h):
    """A stable point at 0 in each unit."""
    return 0.9 * h


def ghost(gap, dt=0.1):
    """Two fixed points at the roots of -gap, which have met and vanished when gap is positive."""
    return lambda h: h + dt * (gap + h**2)


# Slow points


def test_what_is_left_of_two_points_that_have_met_is_slow():
    slow = fixed_points(ghost(1e-3), cloud(20, 1, 0.1), tolerance=1e-8)
    assert slow.members.sum() == 20
    assert np.abs(slow.points).max() < np.sqrt(np.sqrt(2e-8) / 0.1), "where the speed is below 1e-8"
    assert slow.speed.min() >= (0.1 * 1e-3) ** 2 / 2 * (1 - 1e-9)
    none = fixed_points(ghost(1e-3), cloud(20, 1, 0.1), tolerance=4e-9)
    assert (len(none), none.rejected["above the tolerance of 4e-09"]) == (0, 20)
    np.testing.assert_allclose(none.final_speed, (0.1 * 1e-3) ** 2 / 2, rtol=1e-3)


def test_two_points_that_have_not_met_are_found():
    found = fixed_points(ghost(-1e-2), cloud(50, 1, 0.3))
    np.testing.assert_allclose(found.points[:, 0], [-0.1, 0.1], atol=1e-9)
    np.testing.assert_allclose(found.eigenvalues[:, 0], [0.98, 1.02], atol=1e-9)
    np.testing.assert_array_equal(found.n_unstable, [0, 1])
    assert not found.saddle.any()


def test_a_point_where_two_have_just_met_is_reached_though_its_jacobian_is_one():
    found = fixed_points(ghost(0.0), cloud(20, 1), merge_distance=0.1)
    assert found.members.tolist() == [20]
    np.testing.assert_allclose(found.points, 0, atol=0.01)


def test_a_line_of_points_is_reached_by_the_shortest_way():
    """Candidates keep their place along the line: they come straight to it."""
    candidates = cloud(30, 3)
    matrix = torch.diag(torch.tensor([1.0, 0.5, -0.2], dtype=torch.float64))
    found = fixed_points(lambda h: h @ matrix, candidates, merge_distance=1e-9)
    assert len(found) == 30
    np.testing.assert_allclose(found.points[found.arrived_at], candidates * [1, 0, 0], atol=3e-6)
    assert (found.n_marginal == 1).all()
    merged = fixed_points(lambda h: h @ matrix, candidates, merge_distance=0.5)
    assert 1 < len(merged) < 30
    gaps = np.diff(np.sort(merged.points[:, 0]))
    assert gaps.min() > 0.5


@pytest.mark.parametrize(("power", "most"), [(2, 1), (3, 1), (5, 12)])
def test_a_root_of_higher_order_is_marginal_and_not_a_crowd_of_stable_points(power, most):
    """The speed of x - 0.1 x^p is below the tolerance far around the root, where the slope is below 1 by a little."""
    found = fixed_points(lambda h: h - 0.1 * h**power, cloud(200, 1))
    assert found.members.sum() == 200
    assert len(found) <= most
    assert found.marginal.all()
    assert not (found.stable | found.saddle | found.source).any()
    assert f"({len(found)} marginal)" in found.summary


def test_the_summary_counts_every_kind_and_says_how_near_the_rest_came():
    diagonal = torch.tensor([1.1, 1.2], dtype=torch.float64)
    source = fixed_points(lambda h: h * diagonal, cloud(9, 2))
    assert source.source.tolist() == [True]
    assert source.summary == "1 point (1 source). 9 of 9 candidates arrived."
    line = fixed_points(lambda h: h * torch.tensor([1.0, 0.5], dtype=torch.float64), cloud(5, 2))
    assert line.summary == "5 points (5 marginal). 5 of 5 candidates arrived."
    # Slowest at 0, where the speed is (0.1 * 0.03)^2 / 2 = 4.5e-6.
    near = fixed_points(ghost(0.03), cloud(20, 1, 0.1)).summary
    assert "20 above the tolerance of 1e-12. The slowest of these has a speed of 4.5e-06; tolerance=5e-06" in near
    assert "5e-06" not in fixed_points(ghost(0.03), cloud(20, 1, 0.1), tolerance=5e-6).summary


def test_states_of_trials_are_candidates_as_they_are():
    trials = cloud(12, 2).reshape(4, 3, 2)
    found = fixed_points(settle, trials)
    assert found.members.tolist() == [12]
    np.testing.assert_array_equal(found.points, fixed_points(settle, trials.reshape(12, 2).tolist()).points)


def test_points_move_on_to_where_the_speed_is_zero():
    """A speed below a loose tolerance leaves a point far out; it is polished."""
    loose = fixed_points(settle, cloud(20, 4), tolerance=1e-4, merge_distance=0.5)
    np.testing.assert_allclose(loose.points, [[0, 0, 0, 0]], atol=1e-9)


def test_polishing_does_not_leave_the_neighbourhood():
    """Slow all along, with a fixed point at the far end: slow points stay where they are."""
    creep = torch.tensor([1e-4, 0.5], dtype=torch.float64)
    candidates = np.stack([np.linspace(1, 2, 11), np.zeros(11)], axis=1)
    found = fixed_points(lambda h: h - creep * h, candidates, tolerance=1e-6, merge_distance=0.01, outlier_distance=50)
    np.testing.assert_allclose(np.sort(found.points[:, 0]), candidates[:, 0], atol=0.02)
    to_the_end = fixed_points(lambda h: h - creep * h, candidates, merge_distance=0.05, outlier_distance=50)
    assert to_the_end.members.tolist() == [11]
    np.testing.assert_allclose(to_the_end.points, [[0, 0]], atol=1e-6)


# What is rejected


def test_nothing_is_found_where_there_is_nothing_and_the_result_says_why():
    drifting = fixed_points(lambda h: h + 1.0, cloud(7, 3))
    assert drifting.points.shape == (0, 3)
    assert drifting.eigenvalues.shape == (0, 3)
    assert drifting.stable.shape == drifting.speed.shape == (0,)
    np.testing.assert_array_equal(drifting.arrived_at, [-1] * 7)
    assert drifting.summary == (
        "0 points. 0 of 7 candidates arrived; 7 above the tolerance of 1e-12. "
        "The slowest of these has a speed of 1.5; tolerance=2 would accept it. "
        "There need not be any fixed point: units that do not saturate, such as relu, seldom stand still, and at a "
        "constant input such a network may grow without bound. Follow the step from a state to see where it leads."
    )
    broken = fixed_points(lambda h: h + torch.log(h - 100), cloud(7, 3), dt=10)
    assert broken.rejected["at a speed that is not finite"] == 7
    assert np.isnan(broken.final_speed).all()
    assert broken.time_constants is not None
    assert broken.time_constants.shape == (0, 3)
    away = fixed_points(lambda h: h + torch.exp(-h), cloud(7, 1))
    assert away.rejected["farther away than outlier_distance"] == 7, "the speed falls for ever, to no point"


def test_no_candidates_give_no_points():
    found = fixed_points(settle, np.zeros((0, 5)))
    assert found.points.shape == (0, 5)
    assert found.summary == "0 points. No candidates were given."


def test_a_point_far_from_all_candidates_is_an_outlier():
    def far(h):
        return 0.9 * h + 10.0

    near = cloud(20, 1)
    rejected = fixed_points(far, near)
    assert (len(rejected), rejected.rejected["farther away than outlier_distance"]) == (0, 20)
    kept = fixed_points(far, near, outlier_distance=None)
    np.testing.assert_allclose(kept.points, [[100]], rtol=1e-9)
    alone = fixed_points(far, near[:1])
    np.testing.assert_allclose(alone.points, [[100]], rtol=1e-9, err_msg="one candidate has no spread")


def test_the_same_candidates_give_the_same_bytes():
    network = RateRNN(1, 30, 1, gain=2.0, activation="tanh", seed=3).double()
    u = torch.zeros(1, 1, dtype=torch.float64)
    first, again = (fixed_points(lambda h: network.step(h, u.expand(len(h), 1)), cloud(50, 30)) for _ in range(2))
    np.testing.assert_array_equal(first.points, again.points)
    np.testing.assert_array_equal(first.eigenvalues, again.eigenvalues)


# What it costs


def test_memory_is_bounded_by_the_number_of_states_at_work():
    shapes = []

    def step(h):
        shapes.append(h.shape[0])
        return 0.5 * h + 0.5 * torch.tanh(0.9 * h)

    found = fixed_points(step, cloud(1500, 256), n_modes=3)
    assert found.members.tolist() == [1500]
    assert max(shapes) <= 512
    assert found.right_eigenvectors.shape == (1, 256, 3)
    assert found.left_eigenvectors.shape == (1, 3, 256)
    assert found.eigenvalues.shape == (1, 256)


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"candidates": np.array([[0.0, 1.0], [np.nan, 0.0], [0.0, np.inf]])}, "in 2 of 3 states, first in 1"),
        (
            {"candidates": np.array([[0.0, np.nan], [1.0, np.nan]])},
            r"units \[1\] do so in every state; leave these units out",
        ),
        (
            {"candidates": np.ma.masked_equal([[0.0, 1.0], [2.0, 0.5]], 2)},
            "masked entries .* in 1 of 2 states, first in 1",
        ),
        ({"candidates": np.zeros(3)}, r"candidates has shape \(3,\); expected \(C, N\) or \(T, B, N\)"),
        ({"candidates": np.zeros((3, 0))}, r"expected \(C, N\)"),
        ({"step": lambda h: h[:, :1]}, r"took states .* and returned \(\d, 1\)"),
        ({"step": lambda h: h.float()}, "they must be the same"),
        ({"step": lambda h: h.numpy()}, "returned ndarray"),
        ({"step": lambda h: h @ torch.eye(2)}, r"step_at\(network, inputs\)"),
        ({"step": lambda h: h @ torch.eye(3).double()}, r"step failed on states of shape"),
        ({"step": RateRNN(1, 1, 1).step}, r"step failed .*missing 1 required .*That of a network is .*step_at\("),
        ({"step": lambda h: h - h.mean(dim=0)}, "a state alone"),
        ({"step": lambda h: h.detach() / 2}, "not differentiable by torch"),
        ({"step": lambda h: h + torch.rand_like(h)}, "switch its noise off"),
        ({"jacobian": lambda h: torch.eye(2).double()}, r"jacobian returned \(2, 2\)"),
        ({"tolerance": 0.0}, "tolerance is 0.0"),
        ({"tolerance": np.nan}, "tolerance is nan"),
        ({"merge_distance": -1.0}, "merge_distance is -1.0"),
        ({"outlier_distance": 0.0}, "outlier_distance is 0.0"),
        ({"max_iterations": 0}, "max_iterations is 0"),
        ({"n_modes": 3}, "0 to the number of units, 2"),
        ({"dt": 0.0}, "dt is 0.0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        fixed_points(**{"step": settle, "candidates": cloud(4, 2)} | arguments)


def test_a_step_in_numpy_does_with_a_jacobian():
    def step(h):
        return torch.from_numpy(np.tanh(2 * h.numpy()))

    found = fixed_points(step, cloud(30, 1), jacobian=lambda h: 2 * (1 - torch.tanh(2 * h[..., None]) ** 2))
    np.testing.assert_allclose(np.sort(found.points[:, 0]), [-0.9575040241, 0, 0.9575040241], atol=1e-9)
    np.testing.assert_array_equal(found.n_unstable, [0, 0, 1])
