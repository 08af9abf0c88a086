"""Backpropagation through time: its checks, the network that learns in the browser, and the notebook."""

import numpy as np
import pytest
from bare_widget import bare_widget
from browser import find_chromium
from lesson_page import executed_lesson, kinds_shown, told
from node import evaluate, needs_node

from cogdyn.agents.rules import BPTT
from cogdyn.lessons.chapters.backpropagation import (
    check_backward,
    check_backward_unit,
    cue_trials,
    draw_errors_back,
    draw_there_and_back,
    errors_back,
    nudge,
    small_network,
)
from cogdyn.lessons.chapters.backpropagation.widget import LiveBackpropagation
from cogdyn.lessons.pages.notebooks import lesson_pages

(PAGE,) = (page for page in lesson_pages() if page.stem.endswith("backpropagation"))
SEEDS = (1, 2, 3)


# The exercises


def unit(w, x, error, alpha, *, leak=None, synapse=None, slope=lambda x: 1 - np.tanh(x) ** 2, late=0):
    """The backward pass of a unit, or one of its likely mistakes."""
    leak, synapse = 1 - alpha if leak is None else leak, alpha * w if synapse is None else synapse
    p = np.zeros(len(x))
    p[-1] = error
    for t in range(len(x) - 2, -1, -1):
        p[t] = (leak + synapse * slope(x[t + late])) * p[t + 1]
    return p


def only_last(w, x, error, alpha):
    p = np.zeros(len(x))
    p[-1] = error
    return p


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda w, x, e, a: unit(w, x, e, a, leak=0), "the leak is missing"),
        (lambda w, x, e, a: unit(w, x, e, a, synapse=0), "the synapse is missing"),
        (lambda w, x, e, a: unit(w, x, e, a, slope=lambda x: 1), "the slope is missing"),
        (lambda w, x, e, a: unit(w, x, e, a, late=1), "slope is that of the later bin"),
        (lambda w, x, e, a: unit(w, x, e, a, slope=np.tanh), "stands for tanh itself"),
        (lambda w, x, e, a: unit(w, x, e, a, synapse=w), "alpha is missing"),
        (lambda w, x, e, a: unit(w, x, e, a, leak=a, synapse=(1 - a) * w), "changed places"),
        (lambda w, x, e, a: unit(w, x, e, a)[::-1], "time runs forward"),
        (lambda w, x, e, a: unit(w, x, 1.0, a), "the error is forgotten"),
        (only_last, "only the last bin has an error"),
        (lambda w, x, e, a: None, "returns nothing"),
        (lambda w, x, e, a: e, "shape"),
        (lambda w, x, e, a: np.add(x, 1, out=x), "changes its arguments"),
    ],
)
def test_each_slip_of_the_unit_is_named(slip, reason):
    verdict = check_backward_unit(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint
    assert check_backward_unit(unit).passed


def network(W, x, e, alpha, *, step=None):
    """The backward pass of a network, or one of its likely mistakes."""
    p, later = np.zeros(x.shape), np.zeros(x.shape[1])
    for t in range(len(x) - 1, -1, -1):
        slope = 1 - np.tanh(x[t]) ** 2
        if step is None:
            later = (1 - alpha) * later + slope * (e[t] + alpha * W.T @ later)
        else:
            later = step(later, slope, e[t], W, alpha)
        p[t] = later
    return p


def by(step):
    return lambda *arguments: network(*arguments, step=step)


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (by(lambda p, s, e, w, a: (1 - a) * p + s * (e + a * w @ p)), "the wrong way round"),
        (by(lambda p, s, e, w, a: s * (e + a * w.T @ p)), "the leak is missing"),
        (by(lambda p, s, e, w, a: s * ((1 - a) * p + e + a * w.T @ p)), "the leak goes through the slope"),
        (by(lambda p, s, e, w, a: (1 - a) * p + e + a * w.T @ p), "the slope is missing"),
        (by(lambda p, s, e, w, a: (1 - a) * p + e + s * (a * w.T @ p)), "does not go through the slope"),
        (by(lambda p, s, e, w, a: (1 - a) * p + s * (e + w.T @ p)), "alpha is missing from the synapses"),
        (by(lambda p, s, e, w, a: (1 - a) * p + a * s * (e + w.T @ p)), "alpha also multiplies"),
        (by(lambda p, s, e, w, a: s * e), "no error comes back"),
        (lambda w, x, e, a: network(w, x[::-1], e[::-1], a)[::-1], "time runs forward"),
        (lambda w, x, e, a: network(w, x, e, a)[::-1], "in the order of the loop"),
        (lambda w, x, e, a: network(w, x, np.vstack([0 * e[:-1], e[-1:]]), a), "only the last error"),
        (lambda w, x, e, a: -network(w, x, e, a), "sign is turned"),
        (lambda w, x, e, a: network(w / 2, x, e, a), "comes back by the synapses: 0.5 times"),
        (lambda w, x, e, a: network(w, x, e / 2, a), "the error of the bin itself: 0.5 times"),
        (lambda w, x, e, a: None, "returns nothing"),
        (lambda w, x, e, a: np.add(e, 1, out=e), "changes its arguments"),
    ],
)
def test_each_slip_of_the_network_is_named(slip, reason):
    verdict = check_backward(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint
    assert check_backward(network).passed


# Errors


@pytest.mark.parametrize("gain", [0.0, 0.5, 2.0])
def test_an_error_is_what_a_push_does_to_the_loss(gain):
    small, trials = small_network(2, gain), cue_trials(200)
    errors = errors_back(small, trials)
    for bin, unit_ in ((0, 0), (7, 3), (19, 7)):
        assert nudge(small, trials, bin, unit_) == pytest.approx(errors[bin, 0, unit_], rel=1e-5, abs=1e-9)


def test_without_recurrent_weights_an_error_falls_by_the_leak_alone():
    errors = errors_back(small_network(1, 0.0), cue_trials(400))[:, 0]
    np.testing.assert_allclose(errors[4:24], 0.8 * errors[5:25], rtol=1e-6)


def test_trials_ask_for_the_light_after_the_delay():
    trials = cue_trials(200)
    assert trials.inputs.shape == (20, 2, 2)
    assert trials.mask.sum() == 10
    np.testing.assert_array_equal(trials.targets[-1, :, 0], trials.inputs[0, :, 0])
    with pytest.raises(ValueError, match="allowed: 0, 20, 40"):
        cue_trials(30)


def test_figures_show_every_bin_and_every_network():
    texts = [text.get_text() for text in draw_there_and_back(4).axes[0].texts]
    assert texts.count("bin 4") == 1
    assert "bin 5" not in texts
    figure = draw_errors_back({"a": np.ones(30), "b": np.ones(30)}, answer=25)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["a", "b"]
    with pytest.raises(ValueError, match="errors is empty"):
        draw_errors_back({}, 25)


# What the page says of the three networks


def updates_until(seed, gain, delay, lr=0.1, clip=None, most=500):
    """Updates until the loss is below 0.05; None where it is not, or the network is lost."""
    small, trials, rule = small_network(seed, gain), cue_trials(delay), BPTT(lr=lr, clip=clip, optimizer="sgd")
    for update in range(most):
        try:
            if rule.update(small, trials)["loss"] < 0.05:
                return update
        except FloatingPointError:
            return None
    return None


@pytest.mark.parametrize(
    ("gain", "delay", "lr", "clip", "expected"),
    [
        (0.5, 400, 0.1, None, (34, 53)),
        (0.5, 100, 0.1, None, (12, 21)),
        (0.5, 800, 0.1, None, (167, 410)),
        (1.0, 800, 0.1, None, (7, 31)),
        (0.5, 400, 0.2, None, (18, 28)),
        (0.5, 400, 0.4, None, (10, 15)),
    ],
)
def test_the_number_of_updates_is_as_the_page_says(gain, delay, lr, clip, expected):
    found = [updates_until(seed, gain, delay, lr, clip) for seed in SEEDS]
    assert (min(found), max(found)) == expected


def test_large_steps_lose_the_network_and_a_short_gradient_saves_it():
    assert [updates_until(seed, 0.5, 400, lr=0.63, most=200) for seed in SEEDS] == [None] * 3
    for seed in SEEDS:
        small, trials, rule = small_network(seed, 0.5), cue_trials(400), BPTT(lr=1.0, clip=0.3, optimizer="sgd")
        losses = [rule.update(small, trials)["loss"] for _ in range(300)]
        assert 0.015 < np.mean(losses[-50:]) < 0.03


def test_what_is_left_of_an_error_is_as_the_page_says():
    left = {}
    for gain in (0.0, 0.5, 1.0):
        errors = [
            np.linalg.norm(errors_back(small_network(seed, gain), cue_trials(800))[:, 0], axis=1) for seed in SEEDS
        ]
        left[gain] = [each[4] / each[45:].max() for each in errors]
    assert max(left[0.0]) < 1.5e-4
    assert 0.0015 < min(left[0.5]) < max(left[0.5]) < 0.005
    assert 0.035 < min(left[1.0]) < max(left[1.0]) < 0.255


# The browser

_TRAIN = """(() => {
  const { cueTrials, newNetwork, learnFrom, descend } = module;
  const trials = cueTrials(data.delay / 20);
  const network = newNetwork(data.network, data.gain);
  const losses = [];
  let found = learnFrom(network, trials);
  const errors = found.errors;
  for (let k = 0; k < data.updates; k++) {
    losses.push([found.loss, found.norm]);
    descend(network, found, data.rate, data.clip);
    found = learnFrom(network, trials);
  }
  return { losses, errors };
})()"""


@needs_node
@pytest.mark.parametrize(
    ("gain", "delay", "rate", "clip"), [(0.5, 400, 0.1, None), (2.0, 800, 0.1, 0.3), (1.0, 100, 0.2, 1.0)]
)
def test_the_browser_learns_as_bptt_does(gain, delay, rate, clip):
    given = {"network": LiveBackpropagation.of([2]).networks[0], "gain": gain, "delay": delay}
    found = evaluate("backpropagation/training.mjs", _TRAIN, given | {"rate": rate, "clip": clip, "updates": 60})
    small, trials, rule = small_network(2, gain), cue_trials(delay), BPTT(lr=rate, clip=clip, optimizer="sgd")
    np.testing.assert_allclose(np.swapaxes(found["errors"], 0, 1), errors_back(small, trials), rtol=1e-9, atol=1e-15)
    expected = [rule.update(small, trials) for _ in range(60)]
    np.testing.assert_allclose(found["losses"], [[each["loss"], each["gradient_norm"]] for each in expected], rtol=1e-6)


@needs_node
def test_numbers_are_words():
    words = evaluate("backpropagation/widget.mjs", "[0.25, 3.2e-7, Infinity].map(module.inDigits)")
    assert words == ["0.25", "3.2 × 10⁻⁷", "no number"]
    assert "lost" in evaluate("backpropagation/widget.mjs", "module.standing(9, NaN, NaN)")


@pytest.mark.skipif(find_chromium() is None, reason="chromium is missing")
def test_the_page_learns_by_keyboard_with_the_numbers_of_python(tmp_path):
    answer = "document.querySelector('.cogdyn-answer')?.textContent"
    button = "[...document.querySelectorAll('button')].find((one) => one.textContent === '{}')"
    small, trials, rule = small_network(1, 0.5), cue_trials(500), BPTT(lr=0.1, clip=None, optimizer="sgd")
    losses = [rule.update(small, trials)["loss"] for _ in range(41)]
    with bare_widget(LiveBackpropagation.of(), tmp_path) as page:
        page.wait(f"{answer}?.startsWith('after 0 updates')")
        page.read("document.querySelectorAll('.cogdyn-slider input')[0].focus()")
        page.press("ArrowRight")
        page.wait("document.querySelector('.cogdyn-slider').textContent.includes('500 ms')")
        page.read(f"{button.format('One update')}.focus()")
        for update in range(41):
            words = page.wait(f"{answer}.startsWith('after {update} updates') && {answer}")
            assert float(words.split("loss ")[1].split(";")[0]) == pytest.approx(losses[update], rel=1e-5)
            page.press("Enter")
        before = page.read("document.querySelector('.cogdyn-many').textContent")
        page.read(f"{button.format('Learn')}.click()")
        page.wait(f"Number({answer}.match(/after (\\d+)/)[1]) > 60")
        page.read(f"{button.format('Pause')}.click()")
        page.read("document.querySelectorAll('.cogdyn-slider input')[3].focus()")
        page.press("Home")
        page.wait("document.querySelector('.cogdyn-many').textContent.startsWith('error at 700 ms')")
        assert page.read("document.querySelector('.cogdyn-many').textContent") != before
        page.read(f"{button.format('Start again')}.click()")
        page.wait(f"{answer}.startsWith('after 0 updates')")


def test_what_the_page_cannot_show_is_refused():
    with pytest.raises(ValueError, match="seeds is empty"):
        LiveBackpropagation.of([])
    with pytest.raises(ValueError, match="allowed: 0 to 2"):
        LiveBackpropagation.of(network=3)


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    last = """
import json
print(json.dumps([losses, {str(gain): float(value) for gain, value in largest.items()}]))
"""
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), last)


@pytest.mark.slow
class TestNotebook:
    def test_what_it_claims_holds(self, executed):
        losses, largest = told(executed)
        assert losses[0] > 0.9 > 0.05 > losses[40]
        assert largest["0.0"] == pytest.approx(0.8)
        assert 0.85 < largest["0.5"] < 0.9
        assert largest["2.0"] > 1

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 2
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 6
        assert kinds.count("text/html") == 2  # the verdicts on the empty exercises
