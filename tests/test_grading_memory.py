"""Assignment 5: the networks it hands out have the memory they are built for, and its judges know it from theirs."""

import json

import numpy as np
import pytest
import torch
from homework import hand_in, homework, shut_off, source_of

from cogdyn.agents.dynamics import fixed_points
from cogdyn.lessons.grading.exercises import fixed_points_reference
from cogdyn.lessons.grading.exercises.fixed_points_reference import jacobian, modes, network_of, newton, step
from cogdyn.lessons.grading.exercises.memory_networks import drawn_memory
from cogdyn.lessons.grading.exercises.memory_of_a_network import EXPLAINED, JACOBIAN, MODES
from cogdyn.lessons.grading.exercises.point_search import search_fault, searches
from cogdyn.lessons.grading.exercises.pulse_trials import PULSES
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.judging import difference


def parts(judge):
    """What a judge made by compares holds: draw, right, slips and more."""
    return dict(zip(judge.__code__.co_freevars, (c.cell_contents for c in judge.__closure__), strict=True))


KINDS = [
    (("dull", "dull"), {}, 1, 1),
    (("swamped", "dull"), {}, 1, 1),
    (("slow", "dull"), {"slow": 0.995}, 1, 1),
    (("dull", "bit"), {}, 3, 2),
    (("tilted", "tilted"), {"with_input": False}, 9, 4),
    (("bit", "bit", "dull"), {"n_stable": 4}, 9, 4),
    (("bit", "bit"), {"coupling": 0.45, "n_stable": 3}, 7, 3),
    (("dull", "turns"), {}, 1, 0),
    (("bit", "turns"), {}, 3, 0),
]


@pytest.mark.parametrize(("kinds", "more", "n_points", "n_stable"), KINDS)
def test_a_network_has_the_points_it_is_built_for_and_no_others(kinds, more, n_points, n_stable):
    """The points are solved for group by group; a search of the whole state, from anywhere, finds the same."""
    memory = drawn_memory(np.random.default_rng(3), kinds, **more)
    W, W_in, b, u = (torch.as_tensor(memory.network[name]) for name in ("W", "W_in", "b", "u"))
    alpha = memory.network["alpha"]

    def onward(r):
        return (1 - alpha) * r + alpha * torch.tanh(r @ W.T + u @ W_in.T + b)

    anywhere = np.random.default_rng(4).uniform(-1, 1, (400, len(memory.points[0])))
    found = fixed_points(onward, np.concatenate([memory.candidates, anywhere]), outlier_distance=100, dt=10)
    assert len(found) == len(memory.points) == n_points
    nearest = np.abs(found.points[:, None] - memory.points).max(axis=2)
    assert nearest.min(axis=1).max() < 1e-8
    order = nearest.argmin(axis=1)
    np.testing.assert_array_equal(found.stable, memory.stable[order])
    assert memory.stable.sum() == n_stable
    for k, point in enumerate(memory.points[order]):
        growing, times = modes(dt=10, r=point, **memory.network)
        assert growing == found.n_unstable[k]
        np.testing.assert_allclose(times, found.time_constants[k], rtol=1e-5)
    index = np.sign(np.linalg.det(np.eye(len(point)) - jacobian(r=memory.points, **memory.network)))
    assert index.sum() == 1  # as for every map of a ball into itself: no point is missing, or two are


def test_a_swamped_network_would_keep_a_bit_without_its_input():
    found = [drawn_memory(np.random.default_rng(seed), ("swamped", "dull")) for seed in range(8)]
    free = [newton(candidates=m.groups.points(m.network["b"]), **m.network | {"u": 0 * m.network["u"]}) for m in found]
    assert np.mean([len(points) == 3 for points in free]) > 0.5


def test_the_jacobian_is_that_of_autograd():
    for given in parts(JACOBIAN)["draw"](np.random.default_rng(0)):
        W, W_in, b, u, r = (torch.as_tensor(given[name]) for name in ("W", "W_in", "b", "u", "r"))
        alpha = given["alpha"]
        exact = torch.autograd.functional.jacobian(
            lambda r: (1 - alpha) * r + alpha * torch.tanh(W @ r + W_in @ u + b),  # noqa: B023
            r,
        )
        np.testing.assert_allclose(jacobian(**given), exact, atol=1e-14)


def test_modes_are_asked_for_at_fixed_points_where_the_network_does_what_they_say():
    for given in parts(MODES)["draw"](np.random.default_rng(1)):
        dt, network = given["dt"], {name: value for name, value in given.items() if name != "dt"}
        np.testing.assert_allclose(step(**network), given["r"], atol=1e-12)
        growing, times = modes(**given)
        assert 0 < growing < len(times)
        size, r = 1e-9, network.pop("r")
        change = size * np.random.default_rng(2).normal(size=len(r))
        for _ in range(int(10 * abs(times[0]) / dt)):  # long enough for the fastest growing mode to lead
            before, change = change, step(r=r + change, **network) - r
            rate = np.linalg.norm(change) / np.linalg.norm(before)
            change *= size / np.linalg.norm(change)
        assert rate == pytest.approx(np.exp(-dt / times[0]), rel=0.35)


@pytest.mark.parametrize("judge", [JACOBIAN, MODES, PULSES, EXPLAINED])
def test_slips_differ_from_each_other_and_from_what_is_right(judge):
    inside = parts(judge)
    for seed in range(2):
        cases = inside["draw"](np.random.default_rng(seed))
        answers = [[inside["right"](**case) for case in cases]]
        answers += [[slip.wrong(**case) for case in cases] for slip in inside["slips"]]
        for i, first in enumerate(answers):
            for k, second in enumerate(answers[:i]):
                assert any(difference(a, b) is not None for a, b in zip(first, second, strict=True)), (i, k)


def test_the_memories_to_be_explained_are_of_all_kinds_in_an_order_that_tells_nothing():
    draw, right = parts(EXPLAINED)["draw"], parts(EXPLAINED)["right"]
    told = [[right(**case) for case in draw(np.random.default_rng(seed))] for seed in range(3)]
    for answers in told:
        assert sorted(statement for statement, _, _ in answers) == [1, 1, 2, 2, 3, 3, 3, 4, 4]
        assert sorted(bits for _, bits, _ in answers) == pytest.approx([0] * 6 + [1, np.log2(3), 2])
        assert all((longest > 0) == (statement != 4) for statement, _, longest in answers)
    assert told[0] != told[1]
    assert told[1] != told[2]


def test_where_pulses_lead_does_not_hang_on_the_last_digit():
    for given in parts(PULSES)["draw"](np.random.default_rng(0)):
        nudged = given | {"r_0": given["r_0"] + 1e-7, "W": given["W"] * (1 + 1e-7)}
        right = parts(PULSES)["right"]
        np.testing.assert_array_equal(right(**given), right(**nudged))
        assert len(set(right(**given))) > 1


def test_points_are_right_in_any_order_and_in_single_precision():
    for inputs in searches(np.random.default_rng(0)):
        points = newton(**inputs)
        assert search_fault(points[::-1].astype(np.float32), inputs) is None
        assert search_fault(list(points), inputs) is None
        assert "row 1 is no fixed point" in search_fault(np.vstack([points[:1], points[1:] + 1]), inputs).reason
        assert "more points than candidates" in search_fault(np.zeros((10**5, points.shape[1])), inputs).reason
        assert "not an array" in search_fault([["a" * 10**4], ["b"] * 500], inputs).reason
        twice = search_fault(np.vstack([points, points[:1]]), inputs)
        assert twice.reason == f"row {len(points)} is the same point as row 0."
        assert (twice.seen, twice.expected) == (f"{len(points) + 1} rows", f"{len(points)} points")


def test_every_point_can_be_reached_by_a_search_that_is_damped_or_short():
    """Whoever halves long steps, or takes 12 of them, finds the points too."""
    for inputs in searches(np.random.default_rng(1)):
        network, points = network_of(inputs), newton(**inputs)
        assert len(newton(**inputs, n_steps=12)) == len(points)
        r = inputs["candidates"]
        for _ in range(60):
            ahead = np.linalg.solve(
                jacobian(r=r, **network) - np.eye(r.shape[1]), (step(r=r, **network) - r)[..., None]
            )
            r = r - ahead[..., 0] * 1 / np.maximum(1, 2 * np.abs(ahead).max(axis=1))
        still = r[np.abs(step(r=r, **network) - r).max(axis=1) < fixed_points_reference.STANDS]
        assert (np.abs(points[:, None] - still).max(axis=2).min(axis=1) < 1e-6).all()


@shut_off
def test_who_calls_the_librarys_own_search_earns_nothing_for_it(tmp_path):
    stub = source_of(5, "memory-points").split("    ### BEGIN")[0]
    borrowed = {
        "agents": "import torch\n    from cogdyn.agents.dynamics import fixed_points as search\n    "
        "return search(lambda r: (1 - alpha) * r + alpha * torch.tanh(r @ torch.tensor(W).T "
        "+ torch.tensor(W_in @ u + b)), candidates).points",
        "scipy": "from scipy.optimize import root\n    return np.array([root(lambda r: np.tanh(W @ r), r).x "
        "for r in candidates])",
        "path": "import sys\n    sys.meta_path.clear()\n    sys.modules.pop('cogdyn.agents', None)\n    "
        "from cogdyn.agents.dynamics import fixed_points as search\n    return search",
    }
    for name, body in borrowed.items():
        hand_in(tmp_path / "in" / f"{name}.ipynb", homework(5, solved=True, points=f"{stub}    {body}\n"))
    _, lines = grade(tmp_path / "in", tmp_path / "grades.csv")
    for line in lines:
        earned = {mark.exercise: mark.earned for mark in line.marks}
        assert earned["memory/points"] == 0, line
        assert earned["memory/jacobian"] == earned["memory/modes"] == earned["memory/pulses"] == 2
    reasons = {line.student: line.marks[1].judgement.reason for line in lines}
    assert "is no part of this assignment: leave it out" in reasons["scipy"]
    assert all("Error" in reasons[name] for name in borrowed), json.dumps(reasons)
