"""Line attractors that are built by hand, their selection vectors, and sets of points that are no lines."""

import numpy as np
import pytest
import torch

from cogdyn.agents.dynamics import fixed_points, line_attractor_score, selection_vector

DT = 10


def cloud(n, n_units, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_units))


def integrator(n=8, leak=0.0):
    """A network with one slow mode: its matrix, the direction of that mode, and what reads it."""
    rng = np.random.default_rng(1)
    basis = rng.normal(size=(n, n))
    inverse = np.linalg.inv(basis)
    matrix = basis @ np.diag([1 - leak, *np.linspace(0.8, 0.2, n - 1)]) @ inverse
    return torch.from_numpy(matrix), basis[:, 0], inverse[0]


def parabola(h):
    """y = x^2 is a line of fixed points; off it, y decays with the factor 0.7."""
    x, y = h.T
    return torch.stack([x, y + 0.3 * (x**2 - y)], dim=1)


def test_an_ideal_integrator_scores_one_and_reads_with_its_left_eigenvector():
    matrix, along, read = integrator()
    found = fixed_points(lambda h: h @ matrix.T, cloud(40, 8), merge_distance=0.05, dt=DT)
    line = line_attractor_score(found)
    assert line.score == pytest.approx(1, abs=1e-6)
    assert line.on_line == pytest.approx(1, abs=1e-9)
    places = found.points[line.order] @ along / (along @ along)
    np.testing.assert_allclose(found.points, np.outer(found.points @ along / (along @ along), along), atol=1e-6)
    assert (np.diff(places) > 0).all() or (np.diff(places) < 0).all()
    np.testing.assert_allclose(line.position, np.abs(places - places[0]) * np.linalg.norm(along), atol=1e-6)
    assert line.drift.max() < 1e-6
    assert np.abs(line.time_constants).min() > 1e6, "it forgets nothing"
    vectors = selection_vector(found)
    sign = np.sign(along[np.abs(along).argmax()])
    np.testing.assert_allclose(vectors, np.tile(sign * read / np.linalg.norm(read), (len(found), 1)), atol=1e-6)


def test_the_selection_vector_says_what_is_left_of_a_pulse():
    matrix, along, _ = integrator()
    step = lambda h: h @ matrix.T  # noqa: E731
    found = fixed_points(step, cloud(5, 8), merge_distance=10.0)
    pulse = cloud(1, 8, seed=5)[0]
    h = torch.from_numpy(found.points[0] + pulse)[None]
    for _ in range(300):
        h = step(h)
    left = (h[0].numpy() - found.points[0]) @ along / (along @ along)
    (vector,) = selection_vector(found)
    reading = integrator()[2]
    assert left == pytest.approx(pulse @ reading, rel=1e-6)
    assert abs(pulse @ vector) == pytest.approx(abs(left) / np.linalg.norm(reading), rel=1e-6)


def test_a_leaky_integrator_is_a_line_of_slow_points_that_drift():
    matrix, _, _ = integrator(leak=0.01)
    found = fixed_points(lambda h: h @ matrix.T, cloud(40, 8), tolerance=1e-3, merge_distance=0.05, dt=DT)
    line = line_attractor_score(found)
    assert len(line.order) > 5
    np.testing.assert_allclose(line.time_constants, -DT / np.log(0.99), rtol=1e-9)
    np.testing.assert_allclose(line.separation, 1 - np.log(0.99) / np.log(0.8), rtol=1e-9)
    np.testing.assert_allclose(line.drift, np.sqrt(2 * found.speed[line.order]), rtol=1e-12)


def test_a_line_may_be_curved():
    x = np.linspace(-1, 1, 41)
    found = fixed_points(parabola, np.stack([x, x**2 + 0.01], 1), merge_distance=1e-3)
    line = line_attractor_score(found)
    assert (len(found), len(line.order)) == (41, 41)
    np.testing.assert_allclose(line.on_line, 1, rtol=1e-9)
    assert line.alignment.min() > 0.999
    assert line.score > 0.99
    x = found.points[:, 0]
    vectors, expected = selection_vector(found), np.stack([np.ones_like(x), 0 * x], axis=1)
    np.testing.assert_allclose(np.abs(vectors), expected, atol=1e-6, err_msg="y is forgotten, wherever on the line")
    assert (vectors[:, 0] > 0).all() or (vectors[:, 0] < 0).all()


def test_what_is_no_line_scores_low():
    plane = torch.diag(torch.tensor([1.0, 1.0, 0.5], dtype=torch.float64))
    sheet = fixed_points(lambda h: h @ plane, cloud(60, 3))
    assert line_attractor_score(sheet).score < 0.01
    assert line_attractor_score(sheet).on_line < 0.8
    three_bits = fixed_points(lambda h: h + 0.1 * (h - h**3), cloud(300, 3))
    assert len(three_bits) == 27
    assert line_attractor_score(three_bits).score < 0.2
    one = fixed_points(lambda h: 0.5 * h, cloud(5, 3), dt=DT)
    nothing = line_attractor_score(one)
    assert (nothing.score, nothing.order.shape, nothing.drift.shape) == (0.0, (0,), (0,))


def test_a_mode_that_turns_has_no_selection_vector():
    turn = 0.99 * torch.tensor([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]], dtype=torch.float64)
    found = fixed_points(lambda h: h @ turn.T, cloud(5, 2))
    assert np.isnan(selection_vector(found)).all()
    assert selection_vector(fixed_points(lambda h: h + 1.0, cloud(5, 2))).shape == (0, 2)


def test_points_without_eigenvectors_are_refused():
    found = fixed_points(lambda h: 0.5 * h, cloud(5, 3), n_modes=0)
    for analysis in (line_attractor_score, selection_vector):
        with pytest.raises(ValueError, match="n_modes=0"):
            analysis(found)
