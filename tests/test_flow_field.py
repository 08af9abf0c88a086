"""The flow on a plane, against velocities that are known."""

import numpy as np
import pytest
import torch

from cogdyn.agents.dynamics import flow_field

MATRIX = np.array([[0.9, 0.2, 0.1], [-0.2, 0.9, 0.0], [0.0, 0.3, 0.5]])


def linear(h):
    return h @ torch.from_numpy(MATRIX).T


def test_the_flow_of_a_linear_system_on_a_plane():
    origin, axes = np.array([0.1, -0.2, 0.3]), np.eye(3)[:2]
    field = flow_field(linear, origin, axes, (-1, 1, -2, 2), (5, 9), dt=20)
    assert (field.x.shape, field.y.shape, field.velocity.shape) == ((5,), (9,), (9, 5, 2))
    for i, j in ((0, 0), (3, 4), (8, 2)):
        state = origin + field.x[j] * axes[0] + field.y[i] * axes[1]
        flow = (MATRIX @ state - state) / 0.020
        np.testing.assert_allclose(field.velocity[i, j], flow[:2], atol=1e-12)
        assert field.speed[i, j] == pytest.approx(np.linalg.norm(flow), rel=1e-12)
        assert field.in_plane[i, j] == pytest.approx((flow[:2] ** 2).sum() / (flow**2).sum(), rel=1e-12)


def test_velocities_are_rates_of_change_of_the_coordinates_of_slanted_axes():
    axes = np.array([[2.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    flat = MATRIX.copy()
    flat[2] = [0, 0, 1]
    field = flow_field(lambda h: h @ torch.from_numpy(flat).T, np.zeros(3), axes, 1.0, 4)
    states = (np.stack(np.meshgrid(field.x, field.y), -1) @ axes).reshape(-1, 3)
    after = field.project(states @ flat.T).reshape(4, 4, 2)
    np.testing.assert_allclose(field.velocity, after - np.stack(np.meshgrid(field.x, field.y), -1), atol=1e-12)
    np.testing.assert_allclose(field.in_plane, 1, atol=1e-12)
    np.testing.assert_allclose(field.project(states), np.stack(np.meshgrid(field.x, field.y), -1).reshape(-1, 2))


def test_nothing_moves_at_a_fixed_point():
    field = flow_field(linear, np.zeros(3), np.eye(3)[1:], 1.0, 5)
    assert field.speed[2, 2] == 0
    assert field.in_plane[2, 2] == 1
    np.testing.assert_array_equal(field.velocity[2, 2], [0, 0])
    assert np.delete(field.speed, 12).min() > 0
    np.testing.assert_array_equal(field.x, [-1, -0.5, 0, 0.5, 1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"origin": np.array([0.0, np.nan, 0.0])}, "origin holds NaN"),
        ({"origin": np.zeros((1, 3))}, r"origin has shape \(1, 3\); expected \(N,\)"),
        ({"axes": np.eye(3)}, r"expected \(2, 3\)"),
        ({"axes": np.ones((2, 3))}, "span no plane"),
        ({"axes": np.zeros((2, 3))}, "span no plane"),
        ({"extent": 0.0}, "extent is 0.0"),
        ({"extent": (1, 0, 0, 1)}, "extent is"),
        ({"extent": (1, 2)}, "extent is"),
        ({"n": 1}, "n is 1"),
        ({"n": (5, 1)}, "n is"),
        ({"dt": -1.0}, "dt is -1.0"),
        ({"step": lambda h: h[:, :2]}, "they must be the same"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        flow_field(**{"step": linear, "origin": np.zeros(3), "axes": np.eye(3)[:2], "extent": 1.0, "n": 3} | arguments)
