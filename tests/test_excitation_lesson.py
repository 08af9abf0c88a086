"""Excitation and inhibition: checks, weights of two signs, spectrum and network in the browser, and the notebook."""

from base64 import b64decode

import numpy as np
import pytest
import torch
from bare_widget import bare_widget
from browser import find_chromium
from lesson_page import executed_lesson, kinds_shown, told
from node import evaluate, needs_node

from cogdyn.agents import RateRNN
from cogdyn.lessons.chapters import remembering
from cogdyn.lessons.chapters.excitation_inhibition import (
    check_signed_step,
    check_signed_weights,
    draw_spectra,
    draw_weights,
    mixed_weights,
)
from cogdyn.lessons.chapters.excitation_inhibition.widget import LiveSpectrum
from cogdyn.lessons.pages.notebooks import lesson_pages

(PAGE,) = (page for page in lesson_pages() if page.stem.endswith("excitation-inhibition"))
SEEDS = (1, 2, 3)


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda v, s: np.abs(v) * s[:, None], "belong to the receivers"),
        (lambda v, s: v * s, "V keeps its own signs"),
        (lambda v, s: np.abs(v), "the signs are missing"),
        (lambda v, s: np.where(v * s > 0, v, 0), "cut off"),
        (lambda v, s: v**2 * s, "V is squared"),
        (lambda v, s: np.abs(v) @ s, "shape"),
        (lambda v, s: np.abs(v, out=v) * s, "changes its arguments"),
    ],
)
def test_each_slip_of_the_weights_is_named(slip, reason):
    verdict = check_signed_weights(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


def step(v, s, g, lr, *, through=lambda v, s: np.sign(v) * s, up=-1):
    return v + up * lr * g * through(v, s)


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda *a: step(*a, through=lambda v, s: np.sign(v)), "sign of the sender is missing"),
        (lambda *a: step(*a, through=lambda v, s: s), "sign of V is missing"),
        (lambda *a: step(*a, through=lambda v, s: 1), "gradient of W as it is"),
        (lambda *a: step(*a, up=1), "the step goes up"),
        (lambda v, s, g, lr: np.abs(step(v, s, g, lr)) * s, "W is returned, not V"),
        (lambda v, s, g, lr: np.abs(v) * s - lr * g, "W takes the step"),
        (lambda *a: step(*a, through=lambda v, s: np.sign(v) * s[:, None]), "belong to the receivers"),
        (lambda v, s, g, lr: step(v, s, g, 1), "lr is missing"),
        (lambda v, s, g, lr: step(v, s, g, lr) - v, "the change is returned"),
    ],
)
def test_each_slip_of_the_step_is_named(slip, reason):
    verdict = check_signed_step(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint
    assert check_signed_step(step).passed


# Weights


@pytest.mark.parametrize("seed", SEEDS)
def test_weights_keep_the_law_and_the_balance(seed):
    for fraction, balance in ((0.8, 1.0), (0.5, 0.7), (0.95, 1.3)):
        weights = mixed_weights(fraction, 0.8, balance, seed=seed)
        excites = round(80 * fraction)
        assert (weights[:, :excites] > 0).all()
        assert (weights[:, excites:] < 0).all()
        excitation, inhibition = weights[:, :excites].sum(1), weights[:, excites:].sum(1)
        np.testing.assert_allclose(inhibition, -balance * excitation, rtol=1e-12)


def test_the_disk_has_the_radius_of_the_gain_for_many_units():
    spectrum = np.linalg.eigvals(mixed_weights(0.8, 0.8, 1.0, n_units=600))
    assert np.abs(spectrum).max() == pytest.approx(0.8, rel=0.15)
    apart = np.linalg.eigvals(mixed_weights(0.8, 0.8, 0.5, n_units=600)).real.max()
    weights = mixed_weights(0.8, 0.8, 0.5, n_units=600)
    assert apart == pytest.approx(weights.sum(1).mean(), rel=0.05)


def test_a_network_of_the_house_takes_the_step_of_the_exercise():
    network = RateRNN(2, 4, 1, dale=0.75, self_connections=True, seed=0).double()
    before = network.recurrent.detach().numpy().copy()
    gradient = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    (network.recurrent_weights * gradient).sum().backward()
    assert network.signs is not None
    expected = step(before, network.signs.double().numpy(), gradient.numpy(), 0.1)
    np.testing.assert_allclose(before - 0.1 * network.recurrent.grad.numpy(), expected, rtol=1e-12)


def test_what_weights_cannot_be_is_refused():
    for arguments, message in (
        ({"fraction": 1.0}, "at least one must excite"),
        ({"gain": -1.0}, "neither may be negative"),
        ({"n_units": 3000}, "at most 2000"),
    ):
        with pytest.raises(ValueError, match=message):
            mixed_weights(**arguments)
    with pytest.raises(ValueError, match="expected finite weights"):
        draw_spectra({"flat": np.ones((2, 3))})
    with pytest.raises(ValueError, match="0 matrices"):
        draw_spectra({})
    with pytest.raises(ValueError, match="finite numbers"):
        draw_weights(np.full((2, 2), np.nan))
    assert len(draw_spectra({"a": np.eye(2), "b": np.eye(3)}).axes) == 2


# What the page says of the three draws


def rightmost(seed, **arguments):
    return np.linalg.eigvals(mixed_weights(**{"gain": 0.8, "seed": seed} | arguments)).real.max()


def test_the_gain_at_which_rest_is_left_is_as_the_page_says():
    for seed, gain in zip(SEEDS, (1.0, 0.9, 1.3), strict=True):
        assert rightmost(seed, gain=gain) > 1 > rightmost(seed, gain=gain - 0.1)


def test_one_eigenvalue_leaves_the_others_as_the_page_says():
    for seed in SEEDS:
        assert rightmost(seed, balance=0.7) > 1 > rightmost(seed, balance=0.8)
        left = np.linalg.eigvals(mixed_weights(gain=0.8, balance=1.5, seed=seed)).real.min()
        assert -2 < left < -1.6
        weights = mixed_weights(gain=0.8, seed=seed)
        assert np.linalg.eigvals(weights[:64, :64]).real.max() == pytest.approx(3.8, abs=0.06)
        assert np.linalg.eigvals(weights[64:, 64:]).real.min() == pytest.approx(-3.75, abs=0.15)
        inner = {f: np.mean(np.abs(np.linalg.eigvals(mixed_weights(f, 0.8, seed=seed))) < 0.4) for f in (0.5, 0.95)}
        assert 0.2 < inner[0.5] < 0.35
        assert inner[0.95] > 0.95


# The browser

_RUN = """(() => {
  const weights = module.mixedWeights(module.numbers(data.sizes), data);
  const kept = module.withoutUnits(weights, data.silent);
  const start = module.numbers(data.start);
  const rates = module.activity(kept, start, { dt: 20, tau: 100, bins: 40 });
  return [weights.map((row) => [...row]), module.eigenvalues(kept), rates];
})()"""


@needs_node
@pytest.mark.parametrize(("fraction", "gain", "balance"), [(0.8, 0.8, 1.0), (0.5, 1.5, 0.7), (0.95, 2.0, 1.3)])
def test_the_browser_has_the_weights_eigenvalues_and_rates_of_python(fraction, gain, balance):
    live = LiveSpectrum.of([2])
    silent = [i % 7 == 0 for i in range(80)]
    given = {"sizes": live.sizes[0], "start": live.start, "silent": silent}
    given |= {"fraction": fraction, "gain": gain, "balance": balance}
    weights, spectrum, rates = evaluate("excitation_inhibition/spectrum.mjs", _RUN, given)
    expected = mixed_weights(fraction, gain, balance, seed=2)
    np.testing.assert_allclose(weights, expected, rtol=1e-12)
    expected[silent], expected[:, silent] = 0, 0
    found, right = np.array(spectrum) @ [1, 1j], np.linalg.eigvals(expected)
    distances = np.abs(found[:, None] - right)
    assert distances.min(0).max() < 1e-5
    assert distances.min(1).max() < 1e-5
    network = RateRNN(1, 80, 1, dt=20, tau=100, activation="tanh", self_connections=True).double()
    with torch.no_grad():
        network.recurrent.copy_(torch.from_numpy(expected))
        network.bias.zero_()
        start = torch.from_numpy(np.frombuffer(b64decode(live.start), "<f4").astype(float).copy())
        run = network(torch.zeros(40, 1, 1, dtype=torch.float64), start[None]).rates[:, 0]
    np.testing.assert_allclose(rates[1:], run.numpy(), rtol=1e-5, atol=1e-6)  # alpha has the precision of float32


@needs_node
def test_eigenvalues_of_hard_matrices():
    turn = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    for matrix in (turn, np.eye(3).tolist(), [[1, 1, 0], [0, 1, 1], [0, 0, 1]], [[0.0]], [[0, -2], [2, 0]]):
        found = np.array(evaluate("excitation_inhibition/spectrum.mjs", "module.eigenvalues(data)", matrix)) @ [1, 1j]
        assert len(found) == len(matrix)
        np.testing.assert_allclose(np.poly(found), np.poly(np.array(matrix)), atol=1e-9)


@pytest.mark.skipif(find_chromium() is None, reason="chromium is missing")
def test_spectrum_and_network_move_together_by_keyboard(tmp_path):
    answer = "document.querySelector('.cogdyn-answer')?.textContent"
    sliders = "document.querySelectorAll('.cogdyn-slider input')"
    with bare_widget(LiveSpectrum.of(), tmp_path) as page:
        before = page.wait(f"{answer}?.startsWith('largest real part') && {answer}")
        assert before == f"largest real part {rightmost(1):.3f}: below 1, so the network comes to rest"
        assert before in page.read("document.querySelector('canvas').ariaLabel")
        page.read(f"{sliders}[1].focus()")
        page.press("ArrowRight", 2)
        page.wait(f"{answer} === 'largest real part {rightmost(1, gain=1.0):.3f}: above 1, so rest is left'")
        page.read(f"{sliders}[1].focus()")
        page.press("ArrowLeft", 2)
        page.wait(f"{answer} === {before!r}")
        page.read("document.querySelector('select').focus()")
        page.press("ArrowDown", 2)
        page.wait(f"{answer}.startsWith('largest real part 3.8')")
        assert float(page.read("document.querySelector('.cogdyn-many').textContent").split(": ")[1]) > 0.99
        page.read("[...document.querySelectorAll('button')].find((one) => one.textContent === 'Reset').click()")
        page.wait(f"{answer} === {before!r}")


def test_what_the_page_cannot_show_is_refused():
    with pytest.raises(ValueError, match="seeds is empty"):
        LiveSpectrum.of([])
    with pytest.raises(ValueError, match="allowed: 0 to 2"):
        LiveSpectrum.of(seed=3)


def test_the_networks_of_the_first_lesson_keep_the_law():
    for number in SEEDS:
        weights = remembering.memory_network(number).recurrent_weights.detach().numpy()
        assert all((column >= 0).all() or (column <= 0).all() for column in weights.T)


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    last = """
import json
print(json.dumps([int(sum(one_sign)), float(rightmost), float(abs(W.sum(axis=1)).max())]))
"""
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), last)


@pytest.mark.slow
class TestNotebook:
    def test_what_it_claims_holds(self, executed):
        signs, trained, balance = told(executed)
        assert signs == 100
        assert trained > 1
        assert balance < 1e-9

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 2
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 6
        assert kinds.count("text/html") == 2  # the verdicts on the empty exercises
