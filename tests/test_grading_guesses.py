"""No exercise can be guessed: an answer that looks at no input but its size is right once in 1,000 seeds, at most.

Each exercise is in one of three tables, with the reason. It holds for seeds that nobody knows.
"""

from math import comb, factorial

import numpy as np
import pytest
from homework import hand_in, homework, shut_off
from hostile import FORGED_PROBE, GUESSED_MEMORY

from cogdyn.lessons.grading.check import demand
from cogdyn.lessons.grading.exercises import MODULES, mechanisms_decision, task_of_your_own, work
from cogdyn.lessons.grading.exercises.bptt_by_hand import BACKWARD, ERRORS, FORWARD, GRADIENT, TRUNCATED
from cogdyn.lessons.grading.exercises.bridge_through_time import BRIDGED_JACOBIAN, JACOBIAN, KEPT, PREDICTED, RATES
from cogdyn.lessons.grading.exercises.clusters_lesions import LESIONS
from cogdyn.lessons.grading.exercises.clusters_of_a_network import SHARES, VARIANCE
from cogdyn.lessons.grading.exercises.clusters_of_points import NUMBER, STEP
from cogdyn.lessons.grading.exercises.fixed_points_reference import newton
from cogdyn.lessons.grading.exercises.memory_of_a_network import EXPLAINED, MODES
from cogdyn.lessons.grading.exercises.memory_of_a_network import JACOBIAN as NEAR
from cogdyn.lessons.grading.exercises.point_search import search_fault, searches
from cogdyn.lessons.grading.exercises.policy_gradient_by_hand import ALL_ACTIONS, ESTIMATE, POLICY, RETURNS
from cogdyn.lessons.grading.exercises.policy_synapse import THREE_FACTORS
from cogdyn.lessons.grading.exercises.pulse_trials import PULSES
from cogdyn.lessons.grading.exercises.rflo_by_hand import CHANGE, COSINES, CREDITS, TRACES, TRUTH
from cogdyn.lessons.grading.exercises.two_mechanisms import AUTONOMY, ROTATIONS, SKEW, TANGLING
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.judging import TOLERANCE, difference

SEEDS = range(6)
RARE = 1000
"""Seeds of which one, at most, may be right for an answer that looks at nothing."""

NUMBERS = {
    "bptt/forward": FORWARD,
    "bptt/errors": ERRORS,
    "bptt/backward": BACKWARD,
    "bptt/gradient": GRADIENT,
    "bptt/truncated": TRUNCATED,
    "bridge/rates": RATES,
    "bridge/jacobian": JACOBIAN,
    "bridge/bridged": BRIDGED_JACOBIAN,
    "bridge/kept": KEPT,
    "bridge/predicted": PREDICTED,
    "rflo/traces": TRACES,
    "rflo/change": CHANGE,
    "rflo/credits": CREDITS,
    "rflo/cosines": COSINES,
    "memory/jacobian": NEAR,
    "memory/modes": MODES,
    "mechanisms/autonomy": AUTONOMY,
    "mechanisms/skew": SKEW,
    "mechanisms/rotations": ROTATIONS,
    "mechanisms/tangling": TANGLING,
    "policy/policy": POLICY,
    "policy/returns": RETURNS,
    "policy/estimate": ESTIMATE,
    "policy/all": ALL_ACTIONS,
    "policy/synapse": THREE_FACTORS,
    "clusters/variance": VARIANCE,
    "clusters/shares": SHARES,
    "clusters/step": STEP,
    "clusters/count": NUMBER,
    "clusters/lesions": LESIONS,
}
"""Real numbers that follow smoothly from drawn ones, all of which have to be right to a share of 1e-6."""

COUNTED = {
    # 12 units, of which the order is drawn: which 5 of them hear the truth, in each of 3 networks.
    "rflo/truth": comb(12, 5) ** 3,
    # 24 trials, of which 3 or more do not end where they began, or where most do: which, and where instead.
    "memory/pulses": comb(24, 3),
    # 9 networks in a drawn order: 2 of statements 1, 2 and 4 each, and 3 of statement 3 with bits of their own. Their
    # longest time constants, 7 real numbers, are not even counted.
    "memory/explained": factorial(9) // 8,
    # Ten orders, of which the two that say the same of all pairs are not drawn; 60 real numbers are not counted.
    "mechanisms/decide": 2**mechanisms_decision.PAIRS - 2,
    # Three times 24 trials, each with one of 8 conditions, which what is painted has to follow.
    "task/paints": 8**72,
    # Which lamp was odd, in each trial.
    "task/observes": 4**task_of_your_own.N_OBSERVED,
}
"""How many answers there are between which nothing but the inputs decides."""

OTHERS = {
    "memory/points": "all points of three networks, each of real numbers that have to be right to 1e-5",
    "task/draws": "no input tells the answer: channels, responses and factors have to be declared as the page asks",
    "task/registered": "noise of 5 channels in 40 bins or more, which follows from the seed",
    "task/promises": "the task that is asked for has to keep them; test_grading_judges has a borrowed one",
}
"""What is judged in another way."""


def parts(judge):
    """What a judge made by compares holds: draw, right, slips and more; also in words."""
    held = dict(zip(judge.__code__.co_freevars, (c.cell_contents for c in judge.__closure__), strict=True))
    return held if "draw" in held else parts(held["judge"])


def flat(answer):
    """All numbers of an answer."""
    values = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, tuple) else [answer]
    return np.concatenate([np.ravel(np.asarray(value, float)) for value in values])


def test_no_exercise_is_forgotten():
    names = [one.name for number in MODULES for one in work(number).exercises]
    assert sorted([*NUMBERS, *COUNTED, *OTHERS]) == sorted(names)
    assert min(COUNTED.values()) >= RARE


@pytest.mark.parametrize("name", [*NUMBERS])
def test_right_answers_of_two_seeds_are_far_apart(name):
    """The best guess is the right answer to other inputs of the same sizes, and it is not even close.

    Were there a guess that is right for one seed in 1,000, the right answers for 300 in 1,000 would be within 300 times
    the tolerance of it, or more: two of 6 seeds with a chance of more than a half.
    """
    inside = parts(NUMBERS[name])
    found = [[inside["right"](**case) for case in inside["draw"](np.random.default_rng(seed))] for seed in SEEDS]
    for i, one in enumerate(found):
        for other in found[:i]:
            pairs = [(flat(a), flat(b)) for a, b in zip(one, other, strict=True)]
            assert max(np.abs(a - b).max() / max(1.0, np.abs(b).max()) for a, b in pairs) > 300 * TOLERANCE
            assert any(difference(a, b) is not None for a, b in zip(one, other, strict=True))


def test_points_cannot_be_guessed():
    first, second = (searches(np.random.default_rng(seed)) for seed in range(2))
    for ours, others in zip(first, second, strict=True):
        n = min(len(ours["W"]), len(others["W"]))
        mine, theirs = newton(**ours)[:, :n], newton(**others)[:, :n]
        assert len(mine) >= 3
        assert np.abs(mine[:, None] - theirs).max(axis=2).min() > 300 * 1e-5
        assert search_fault(ours["candidates"], ours) is not None


def test_which_units_hear_the_truth_follows_from_a_drawn_order():
    inside = parts(TRUTH)
    for seed in SEEDS:
        truth = [inside["right"](**case) for case in inside["draw"](np.random.default_rng(seed))]
        assert [(len(one), one.sum()) for one in truth] == [(12, 5)] * 3
    orders = [tuple(inside["right"](**inside["draw"](np.random.default_rng(seed))[0])) for seed in SEEDS]
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize("seed", [0, 1])
def test_enough_trials_end_elsewhere(seed):
    inside = parts(PULSES)
    elsewhere = usual = 0
    for case in inside["draw"](np.random.default_rng(seed)):
        ends = inside["right"](**case)
        elsewhere += (ends != np.linalg.norm(case["points"] - case["r_0"], axis=1).argmin()).sum()
        usual += np.bincount(ends).max()
    assert 3 <= elsewhere <= 21
    assert 3 <= usual <= 21


MEMORIES = [(1, 0.0), (1, 0.0), (2, 0.0), (2, 0.0), (3, 1.0), (3, np.log2(3)), (3, 2.0), (4, 0.0), (4, 0.0)]
"""Statements and bits of the networks of a seed, in some order."""


FITS = {1: MEMORIES[:4] + MEMORIES[-1:], 3: [MEMORIES[4], MEMORIES[-1]], 7: [MEMORIES[5]], 9: [MEMORIES[6]]}
"""Those of networks with so many fixed points."""


def test_sizes_say_nothing_of_a_memory():
    """Recipe R14: the number of candidates was 20 and two for each fixed point, that of units told of the groups."""
    inside = parts(EXPLAINED)
    for seed in range(3):
        cases = inside["draw"](np.random.default_rng(seed))
        right = [inside["right"](**case)[:2] for case in cases]
        assert {len(case["candidates"]) for case in cases} == {30}
        assert {len(case["u"]) for case in cases} == {2}
        fits = [FITS.get((len(case["candidates"]) - 20) // 2, MEMORIES) for case in cases]
        for salt in range(200):
            assert any(difference(*pair) is not None for pair in zip(guessed(fits, salt), right, strict=True)), salt


def guessed(fits, salt):
    """An order of the memories, each among those that fit, as far as that can be."""
    rng, left, said = np.random.default_rng(salt), list(MEMORIES), []
    for some in fits:
        some = [one for one in left if one in some] or left
        said.append(some[rng.integers(len(some))])
        left.remove(said[-1])
    return said


def test_pairs_of_candidates_are_no_more_beside_points_than_elsewhere():
    for case in parts(EXPLAINED)["draw"](np.random.default_rng(3)):
        apart = np.linalg.norm(case["candidates"][:, None] - case["candidates"], axis=2)
        apart += 9 * np.eye(len(apart))
        assert (apart.min(axis=1) < 0.4).sum() >= 18  # 9 pairs, whatever there is to find


def test_nobody_knows_what_a_hidden_test_will_ask():
    asked = []

    def forward(W, W_in, b, u, r_0, alpha):
        asked.append(W)
        return 0

    def demanded():
        asked.clear()
        with pytest.raises(AssertionError):
            demand("bptt/forward", forward)
        return asked[0]

    assert not np.array_equal(demanded(), demanded())


@shut_off
@pytest.mark.slow
def test_guesses_and_forged_words_earn_nothing(tmp_path):
    """Recipes R14 and R15, graded."""
    hand_in(tmp_path / "5" / "guesser.ipynb", homework(5, solved=True, explained=GUESSED_MEMORY))
    hand_in(tmp_path / "1" / "forger.ipynb", homework(1, solved=True, register=FORGED_PROBE))
    for folder, lost in (("5", "memory/explained"), ("1", "task/registered")):
        _, (line,) = grade(tmp_path / folder, tmp_path / f"grades-{folder}.csv")
        assert [mark.exercise for mark in line.marks if not mark.earned] == [lost]
