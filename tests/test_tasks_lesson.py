"""Tasks: what a trial asks: its checks, its curves, the decision played in the browser, and the notebook."""

import numpy as np
import pytest
from bare_widget import bare_widget
from browser import find_chromium
from lesson_page import executed_lesson, kinds_shown, told
from node import evaluate, needs_node
from scipy.special import ndtr

from cogdyn.agents import RateRNN
from cogdyn.envs import make_task
from cogdyn.lessons.chapters.tasks import (
    check_ideal_choices,
    check_proportion_right,
    choices_of,
    choose_right,
    draw_choice_curves,
    draw_running_sums,
    ideal_curve,
    running_sums,
)
from cogdyn.lessons.chapters.tasks.widget import PlayDecision
from cogdyn.lessons.figures.conditions import wilson_interval
from cogdyn.lessons.pages.notebooks import lesson_pages

(PAGE,) = (page for page in lesson_pages() if page.stem.endswith("-tasks"))
TASK = make_task("PerceptualDecisionMaking", stimulus_ms=600, decision_ms=1000, noise=0.2)
NETWORK = RateRNN(TASK.n_inputs, 8, TASK.n_outputs, dt=20, tau=100, activation="tanh", noise=0.05, seed=1)


def more(a, b):
    return np.where(a > b, 1, 2)


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda left, right: more(right.sum(0), left.sum(0)), "changed places"),
        (lambda left, right: more(left.sum(0), right.sum(0)) - 1, "counted from 0"),
        (lambda left, right: more(left[-1], right[-1]), "only the last bin"),
        (lambda left, right: more(left[0], right[0]), "only the first bin"),
        (lambda left, right: more(left.max(0), right.max(0)), "the largest bin decides"),
        (lambda left, right: more((left > right).sum(0), (left < right).sum(0)), "one vote"),
        (lambda left, right: more(left.mean(0), 0.5), "only the left channel"),
        (lambda left, right: more(0.5, right.mean(0)), "only the right channel"),
        (lambda left, right: more(left.sum(1), right.sum(1)), "shape"),
        (lambda left, right: None, "returns nothing"),
    ],
)
def test_each_slip_of_the_choices_is_named(slip, reason):
    verdict = check_ideal_choices(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint
    assert check_ideal_choices(lambda left, right: more(left.mean(0), right.mean(0))).passed


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda c, n, s: ndtr(c * np.sqrt(n) / s), "noise of one channel"),
        (lambda c, n, s: ndtr(c / (np.sqrt(2) * s)), "the bins are missing"),
        (lambda c, n, s: ndtr(c * n / (np.sqrt(2) * s)), "does not grow with the bins"),
        (lambda c, n, s: ndtr(c * n / (2 * n * s**2)), "variance stands for"),
        (lambda c, n, s: 1 - ndtr(c * np.sqrt(n / 2) / s), "how often the answer is left"),
        (lambda c, n, s: c * np.sqrt(n / 2) / s, "not yet a proportion"),
        (lambda c, n, s: ndtr(np.abs(c) * np.sqrt(n / 2) / s), "sign of c is lost"),
        (lambda c, n, s: 0.5, "shape"),
    ],
)
def test_each_slip_of_the_curve_is_named(slip, reason):
    verdict = check_proportion_right(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


def test_the_curve_of_the_ideal_observer_is_that_of_its_choices():
    batch = TASK.sample(8000, seed=7)
    (ideal,) = TASK.choices(TASK.ideal(batch), batch)
    signed = batch.conditions["coherence"] * np.where(batch.conditions["side"] == 2, 1, -1)
    strengths = np.unique(signed)
    measured = [np.mean(ideal[signed == strength] == 2) for strength in strengths]
    np.testing.assert_allclose(ideal_curve(TASK, strengths), measured, atol=0.04)
    sides = np.concatenate(
        [1 - ideal_curve(TASK, -np.array(TASK.coherences)), ideal_curve(TASK, np.array(TASK.coherences))]
    )
    assert sides.mean() == pytest.approx(TASK.ceiling, rel=1e-9)
    with pytest.raises(ValueError, match="noise 0"):
        ideal_curve(make_task("PerceptualDecisionMaking", noise=0), strengths)


def test_a_network_is_asked_in_the_same_trials_twice_and_answers_alike():
    batch = TASK.sample(20, seed=0)
    np.testing.assert_array_equal(choices_of(NETWORK, TASK, batch), choices_of(NETWORK, TASK, batch))
    strengths, right = choose_right(TASK, NETWORK, 200)
    assert strengths.tolist() == sorted([*TASK.coherences, *(-c for c in TASK.coherences)])
    assert ((right >= 0) & (right <= 1)).all()
    figure = draw_choice_curves({"it": (strengths, right)})
    assert figure.axes[0].get_legend().get_texts()[0].get_text() == "it"
    with pytest.raises(ValueError, match="curves is empty"):
        draw_choice_curves({})


def test_running_sums_end_where_the_ideal_observer_looks():
    batch = TASK.sample(60, seed=0)
    sums = running_sums(batch)
    (ideal,) = TASK.choices(TASK.ideal(batch), batch)
    np.testing.assert_array_equal(sums[-1] > 0, ideal[batch.conditions["side"] == 2] == 2)
    assert len(draw_running_sums(sums).axes[0].lines) == sums.shape[1] + 1
    with pytest.raises(ValueError, match="in none of the trials"):
        running_sums(TASK.sample(1, seed=next(s for s in range(9) if TASK.sample(1, s).conditions["side"][0] == 1)))


def test_what_the_page_says_of_64_trials_holds():
    right = []
    for seed in range(40):
        batch = TASK.sample(64, seed=seed)
        (ideal,) = TASK.choices(TASK.ideal(batch), batch)
        right.append(int(np.sum(ideal == batch.conditions["side"])))
    assert np.mean([54 <= count <= 60 for count in right]) > 0.7
    assert ideal_curve(TASK, np.array([0.064]))[0] == pytest.approx(0.71, abs=0.02)


# The browser


@needs_node
def test_the_page_counts_as_python_does():
    assert evaluate("tasks/widget.mjs", "module.wilson(15, 148)") == pytest.approx(wilson_interval(15, 148), rel=1e-12)
    rows = [{"side": 2, "coherence": 0.1, "choice": 2}, {"side": 1, "coherence": 0.1, "choice": 2}]
    rows += [{"side": 2, "coherence": 0.1, "choice": 1}, {"side": 2, "coherence": 0.1, "choice": 0}]
    assert evaluate("tasks/widget.mjs", "module.psychometric(data)", rows) == [
        {"x": -0.1, "right": 1, "n": 1},
        {"x": 0.1, "right": 1, "n": 2},
    ]


@pytest.mark.skipif(find_chromium() is None, reason="chromium is missing")
def test_the_reader_plays_as_the_ideal_observer_aborts_and_misses(tmp_path):
    live = PlayDecision.of(TASK, NETWORK, n_trials=8, seed=5, speed=2.0)
    trials = live.session["trials"]
    told_by = "document.querySelector('.cogdyn-answer').textContent"
    said = "document.querySelector('.cogdyn-said').textContent"
    asked = "document.querySelector('.cogdyn-stage.cogdyn-asked')"
    with bare_widget(live, tmp_path) as page:
        page.wait(f"{told_by} === 'no trial is done yet'")
        page.read("document.querySelector('.cogdyn-live button').focus()")
        page.press("Enter")
        assert page.wait("document.activeElement.className.includes('cogdyn-stage')")
        right = 0
        for k, trial in enumerate(trials):
            watching = f"!{asked} && document.querySelector('canvas').ariaLabel.endsWith('watch')"
            page.wait(watching)
            if k == 6:
                page.press("ArrowLeft")
            elif k == 7:
                pass  # no answer
            else:
                page.wait(asked)
                page.press({1: "ArrowLeft", 2: "ArrowRight"}[trial["ideal"][0]])
                right += trial["ideal"][0] == trial["answers"][0]
            words = page.wait(f"{told_by}.includes(' of {k + 1} right') && {told_by}")
            assert words.startswith(f"you: {right} of {k + 1} right")
            if k == 6:
                assert page.read(said).startswith("trial 7: ✗ too early")
        assert page.read(said).startswith("trial 8: ✗ no answer came")
        ideal = sum(trial["ideal"][0] == trial["answers"][0] for trial in trials)
        network = sum(choice == trial["answers"][0] for choice, trial in zip(live.network, trials, strict=True))
        assert f"the ideal observer {ideal}, the network {network}," in page.read(told_by)
        assert page.read("document.querySelector('.cogdyn-download').href.startsWith('blob:')")
        assert page.read("[...document.querySelectorAll('button')][0].disabled")
        page.read("[...document.querySelectorAll('button')].find((one) => one.textContent === 'Start again').click()")
        page.wait(f"{told_by} === 'no trial is done yet'")


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    last = """
import json
print(json.dumps([score, float(np.mean(sums[-1] < 0)), task.ceiling]))
"""
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), last)


@pytest.mark.slow
class TestNotebook:
    def test_what_it_claims_holds(self, executed):
        score, misleading, ceiling = told(executed)
        assert score < ceiling
        assert 0.15 < misleading < 0.45

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 3
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 6
        assert kinds.count("text/html") == 2  # the verdicts on the empty exercises
