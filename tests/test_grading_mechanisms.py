"""Assignment 6: one reach by two mechanisms, which neither a guess nor a ready-made analysis tells apart."""

import types

import numpy as np
import pytest
from homework import hand_in, homework, shut_off, source_of

from cogdyn.agents.dynamics import autonomy_score, jpca, tangling
from cogdyn.lessons.grading import check, example
from cogdyn.lessons.grading.exercises import mechanisms_decision, mechanisms_reference
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.inside import answers
from cogdyn.lessons.grading.inside.reaching_networks import DRIVEN, PREPARED, drawn_pair, run

pytestmark = pytest.mark.usefixtures("pairs_drawn_once")
KINDS = ((PREPARED, DRIVEN), (DRIVEN, PREPARED))
EVIDENCE = {}


def evidence_of(seed):
    """Mechanisms and evidence of a pair, kept for the tests that follow."""
    if seed not in EVIDENCE:
        pair, order = drawn_pair(np.random.default_rng(seed))
        EVIDENCE[seed] = order, mechanisms_reference.evidence(**pair)
    return EVIDENCE[seed]


@pytest.mark.parametrize("seed", range(6))
def test_both_networks_make_the_reach_and_wait_for_go(seed):
    pair, order = drawn_pair(np.random.default_rng(seed))
    assert sorted(order) == sorted(KINDS[0])
    for name in ("first", "second"):
        _, velocities = run(pair[name], pair["inputs"])
        assert mechanisms_reference.variance_explained(velocities, pair["targets"]) > 0.99
        assert np.abs(velocities[: pair["go"]]).max() < 1e-4
        ever = run(pair[name], np.where(np.arange(3) == 2, 1.0, pair["inputs"]))[1]
        assert np.abs(ever).max() < 1e-4  # as long as the cue says hold


@pytest.mark.parametrize("seed", range(4))
def test_the_reference_agrees_with_the_library(seed):
    pair, _ = drawn_pair(np.random.default_rng(seed))
    ours = mechanisms_reference.evidence(**pair)
    for k, name in enumerate(("first", "second")):
        rates = run(pair[name], pair["inputs"])[0][pair["onset"] :]
        without = pair["inputs"].copy()
        without[pair["go"] :, :, :2] = 0
        assert ours["autonomy"][k] == pytest.approx(autonomy_score(run(pair[name], without)[1], pair["targets"]))
        assert ours["rotations"][k] == pytest.approx(jpca(rates, dt=10).r2_skew)
        q = tangling(rates, 10, n_components=rates.shape[2])[1:]
        assert ours["tangling"][k] == pytest.approx(np.quantile(q, 0.9))


def test_autonomy_tells_them_apart_and_nothing_else_does():
    found = [evidence_of(seed) for seed in range(40)]
    for order, evidence in found:
        autonomy = dict(zip(order, evidence["autonomy"], strict=True))
        assert autonomy[PREPARED] > 0.8
        assert autonomy[DRIVEN] < 0.6
        assert min(evidence["rotations"]) > 0.7  # both rotate
    for name in ("rotations", "tangling"):
        larger = [order[int(np.argmax(evidence[name]))] == PREPARED for order, evidence in found]
        assert 0.25 < np.mean(larger) < 0.75, name
    assert 0.25 < np.mean([order == KINDS[0] for order, _ in found]) < 0.75


def deciding(by):
    """An answer with the right evidence that decides in some way."""

    def decide(**pair):
        evidence = mechanisms_reference.evidence(**pair)
        return evidence | {"mechanisms": KINDS[int(by(evidence))]}

    return decide


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (lambda evidence: evidence["rotations"][0] < evidence["rotations"][1], "you decide by the rotations"),
        (lambda evidence: evidence["tangling"][0] > evidence["tangling"][1], "you decide by the tangling"),
        (lambda evidence: 1, "you say the same of every pair"),
        (lambda evidence: evidence["autonomy"][0] > evidence["autonomy"][1], "the wrong way round"),
    ],
)
def test_whoever_decides_by_something_else_earns_nothing(by, reason):
    found = check("mechanisms/decide", deciding(by))
    assert not found.passed
    assert reason in found.reason


def test_all_pairs_but_one_are_not_enough():
    asked = []

    def decide(**pair):
        evidence = mechanisms_reference.evidence(**pair)
        asked.append(evidence)
        right = evidence["autonomy"][0] > evidence["autonomy"][1]
        return evidence | {"mechanisms": KINDS[int(right) if len(asked) == 4 else int(not right)]}

    found = check("mechanisms/decide", decide)
    assert not found.passed
    assert len(asked) == mechanisms_decision.PAIRS
    assert (
        found.reason
        == f"the decision is right in {mechanisms_decision.PAIRS - 1} of {mechanisms_decision.PAIRS} pairs only."
    )


@pytest.mark.parametrize(
    "said",
    [
        {"mechanisms": KINDS[0]},
        {"mechanisms": KINDS[0], "autonomy": 1.0, "rotations": 1.0, "tangling": 1.0},
        {"mechanisms": KINDS[0], "autonomy": (1.0, 0.0), "rotations": (0.9, 0.9), "tangling": "low"},
        {"mechanisms": [PREPARED], "autonomy": 0, "rotations": 0, "tangling": 0},
        {"mechanisms": [[PREPARED], {}], "autonomy": 0, "rotations": 0, "tangling": 0},
        KINDS[0],
        "prepared",
    ],
)
def test_a_decision_without_evidence_earns_nothing(said):
    found = check("mechanisms/decide", lambda **pair: said)
    assert not found.passed
    assert "cannot be judged" not in found.reason
    assert found.hint


def test_slips_in_the_evidence_differ_from_each_other_and_from_what_is_right():
    pair, _ = drawn_pair(np.random.default_rng(3))
    right = mechanisms_reference.evidence(**pair)
    for name, slips in mechanisms_decision.SLIPS.items():
        values = [np.array(right[name]), *(slip.wrong(**pair) for slip in slips)]
        apart = [np.abs(a - b).max() for i, a in enumerate(values) for b in values[:i]]
        assert min(apart) > 1e-3, name


def test_an_example_is_the_same_at_home_and_where_it_is_graded(monkeypatch):
    kept = dict(__import__("sys").modules)
    monkeypatch.setattr("sys.meta_path", list(__import__("sys").meta_path))
    answers.prepare([])
    space = types.ModuleType("page").__dict__
    failed = answers.run_cell("from cogdyn.lessons.grading import check, demand, example", "cell 1", space)
    __import__("sys").modules.update({name: kept[name] for name in ("cogdyn.lessons", "cogdyn.lessons.grading")})
    assert failed is None
    graded, home = space["example"]("mechanisms/decide", 7), example("mechanisms/decide", 7)
    assert all(np.array_equal(graded[side]["W"], home[side]["W"]) for side in ("first", "second"))
    assert not np.array_equal(home["first"]["W"], example("mechanisms/decide", 8)["first"]["W"])
    assert set(home) == {"first", "second", "inputs", "targets", "go", "onset"}


def test_an_example_of_nothing_is_refused():
    with pytest.raises(ValueError, match="there is no example for 'bptt/forward'; there is one for"):
        example("bptt/forward")


LIBRARY = {
    "autonomy": "from cogdyn.agents.dynamics import autonomy_score",
    "rotations": "def rotation_r2(rates):\n    from cogdyn.agents.dynamics import jpca\n    return jpca(rates).r2_skew",
    "tangling": "def tangling(rates, dt):\n    from cogdyn.agents import dynamics\n    return dynamics.tangling(rates)",
    "skew": "from cogdyn.lessons.grading.exercises.mechanisms_reference import skew_fit",
}  # fmt: skip


@shut_off
def test_the_analyses_of_the_library_are_not_there(tmp_path):
    hand_in(tmp_path / "in" / "x.ipynb", homework(6, solved=True, **LIBRARY))
    hand_in(tmp_path / "in" / "y.ipynb", homework(6, solved=True, tangling=source_of(6, "mechanisms-tangling")))
    _, (line, honest) = grade(tmp_path / "in", tmp_path / "grades.csv")
    assert [mark.earned for mark in line.marks] == [0, 0, 0, 0, 3]  # the decision is of their own
    assert "cogdyn.agents is no part of this assignment" in line.marks[2].judgement.reason
    assert "cogdyn.agents is no part of this assignment" in line.marks[3].judgement.reason
    assert honest.points == 12
    assert honest.remarks == ()
