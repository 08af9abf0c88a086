"""Bridges through time: its figures, its check, its numbers in the browser, and the notebook as a learner runs it."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from lesson_page import executed_lesson, kinds_shown, told
from node import evaluate, needs_node

from cogdyn.agents import RateRNN, train
from cogdyn.agents.dynamics import Bridge, jacobian_product
from cogdyn.agents.measures.error_left import delay_dynamics
from cogdyn.agents.rules import BPTT
from cogdyn.envs import make_task
from cogdyn.lessons import draw_learning, study_results
from cogdyn.lessons.chapters.bridges import check_bridged_block, draw_error_left, error_left
from cogdyn.lessons.chapters.bridges.widget import LiveTransmission
from cogdyn.lessons.pages.study_results import ReportTable, how_much_is_done
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.soo2023.arms import cell_of

PAGE = Path(__file__).parent.parent / "book/lessons/06-bridges.md"
TASK = make_task("DelayResponse")
STUDY = load_study("soo2023")


def network_of(init, seed=1, n_units=50):
    arguments = {"leak": "rate", "self_connections": True, "init": init, "seed": seed}
    return RateRNN(TASK.n_inputs, n_units, TASK.n_outputs, dt=20, tau=100, **arguments)


# The exercise


def test_the_solution_is_the_block_whose_jacobian_the_lesson_shows():
    rng = np.random.default_rng(0)
    weights = torch.from_numpy(rng.normal(size=(5, 5)))
    h0 = torch.from_numpy(rng.normal(size=5))

    def step(h):
        return 0.8 * h + 0.2 * torch.tanh(h @ weights.T)

    expected = torch.autograd.functional.jacobian(lambda h: right(step, h, 6, 0.4), h0)
    (found,) = jacobian_product(step, h0, [6], Bridge("SCTT", 6, 0.4))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def after(step, h, n):
    for _ in range(n):
        h = step(h)
    return h


def right(step, h_0, lag, beta):
    return (1 - beta) * h_0 + beta * after(step, h_0, lag)


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda step, h, n, b: after(step, h, n), "the bridge is missing"),
        (lambda step, h, n, b: b * h + (1 - b) * after(step, h, n), "the wrong path"),
        (lambda step, h, n, b: h + b * after(step, h, n), "counts whole"),
        (lambda step, h, n, b: (1 - b) * after(step, h, n - 1) + b * after(step, h, n), "before the last step"),
        (lambda step, h, n, b: after(lambda x: (1 - b) * h + b * step(x), h, n), "after every step"),
        (lambda step, h, n, b: after(lambda x: (1 - b) * x + b * step(x), h, n), "the one before"),
        (lambda step, h, n, b: right(step, h, n - 1, b), "one step is missing"),
        (lambda step, h, n, b: right(step, h, n + 1, b), "one step too many"),
        (lambda step, h, n, b: right(step, h, 1, b), "only one step"),
        (lambda step, h, n, b: (1 - b) * (h + n * (step(h) - h)) + b * after(step, h, n), "this is DASC"),
        (lambda step, h, n, b: 0.9 * right(step, h, n, b), "0.9 times what it should be"),
        (lambda step, h, n, b: None, "returns nothing"),
        (lambda step, h, n, b: 0.0, "shape"),
        (lambda step, h, n, b: step(h, n), "raised TypeError"),
        (lambda step, h, n, b: np.add(h, 1, out=h), "changes its arguments"),
    ],
)
def test_each_slip_is_named(slip, reason):
    verdict = check_bridged_block(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


# What is left of an error


@pytest.mark.parametrize("init", ["soo2023", "slow_mode"])
def test_the_delay_is_that_of_the_network(init):
    network = network_of(init, n_units=9)
    batch = dataclasses.replace(TASK, delay_ms=500, noise=0.0).sample(1, seed=0)
    start, stop = (int(edge[0]) for edge in batch.periods["delay"])
    rates = network(torch.from_numpy(batch.inputs), noise=0.0).rates.detach()[:, 0]
    dynamics = delay_dynamics(TASK, network)
    h = dynamics.h0
    for t in range(start, stop):
        h = dynamics.step(h[None])[0]
        np.testing.assert_allclose(h, rates[t], rtol=1e-4, atol=1e-5)


def test_without_synapses_an_error_fades_with_the_time_constant():
    network = RateRNN(TASK.n_inputs, 6, TASK.n_outputs, dt=20, tau=100, leak="rate", gain=0.0)
    left = error_left(TASK, network, [0, 200, 1000])
    np.testing.assert_allclose(left, np.repeat([[1.0], [0.8**10], [0.8**50]], 6, axis=1), rtol=1e-6)


def test_what_the_page_says_of_errors_holds_for_other_seeds():
    """Less than a thousandth, a thirtieth or more over SCTT bridges, nothing over DASC bridges as long as tau."""
    for seed in range(1, 6):
        network, slow = network_of("soo2023", seed), network_of("slow_mode", seed)

        def best(network, bridge=None):
            return error_left(TASK, network, [1000], bridge)[0, 0]

        assert 1e-5 < best(network) < 3e-4
        assert best(network, Bridge("SCTT", 10, 0.5)) > 0.5**5
        assert best(network, Bridge("DASC", 5, 0.0)) < best(network) / 100
        assert 0.1 < best(network, Bridge("DASC", 10, 0.0)) < 20
        assert error_left(TASK, network, [800], Bridge("DASC", 20, 0.0))[0, 0] > 2
        assert best(slow) > 0.3


def test_answers_about_the_living_bridges_hold():
    plain, slow = network_of("soo2023"), network_of("slow_mode")

    def best(network, kind=None, lag=10, beta=0.5, delay=1000):
        return error_left(TASK, network, [delay], kind and Bridge(kind, lag, beta))[0, 0]

    assert best(plain) == pytest.approx(9e-5, rel=0.1)
    assert best(slow) == pytest.approx(0.61, abs=0.005)
    assert best(slow, "SCTT") == pytest.approx(0.82, abs=0.005)
    assert best(plain, "SCTT", beta=0.25) == pytest.approx(0.3, abs=0.005)
    assert best(plain, "DASC", lag=5, beta=0.0) < best(plain) / 1000
    assert best(plain, "DASC", lag=10, beta=0.0) == pytest.approx(4.2, abs=0.1)
    assert best(plain, "gradient skip") == pytest.approx(best(plain, "SCTT"), rel=0.01)


def test_networks_that_the_delay_is_not_drawn_for_are_refused():
    with pytest.raises(ValueError, match="activation='relu' and leak='rate'"):
        error_left(TASK, RateRNN(TASK.n_inputs, 4, TASK.n_outputs), [100])
    go = make_task("yang19.go")
    with pytest.raises(ValueError, match="has no delay"):
        error_left(go, RateRNN(go.n_inputs, 4, go.n_outputs, dt=go.dt, leak="rate"), [100])


# The browser


@needs_node
@pytest.mark.parametrize("init", ["soo2023", "slow_mode"])
@pytest.mark.parametrize("kind", [None, "SCTT", "DASC", "gradient skip"])
def test_the_browser_multiplies_the_same_jacobians(kind, init):
    network, bins = network_of(init), 47
    (start,) = LiveTransmission.of({init: network}, TASK).starts
    for lag, beta in ((1, 0.3), (5, 0.0), (10, 0.5), (13, 1.0)):
        bridge = kind and {"kind": kind, "lag": lag, "beta": beta}
        found = evaluate(
            "bridges/errors.mjs",
            f"module.errorLeft(data.start, data.bridge, {bins})",
            {"start": start, "bridge": bridge},
        )
        values = error_left(TASK, network, [20 * bin for bin in range(bins + 1)], kind and Bridge(**bridge))
        np.testing.assert_allclose(found["best"], values[:, 0], rtol=0.01)
        np.testing.assert_allclose(found["average"], np.sqrt((values**2).mean(axis=1)), rtol=1e-4)


@needs_node
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.61, "0.61"),
        (1.0, "1"),
        (0.064, "0.064"),
        (12.34, "12"),
        (8.56e-5, "8.6 × 10⁻⁵"),
        (4.2e12, "4.2 × 10¹²"),
        (0.0, "nothing"),
    ],
)
def test_numbers_are_told_with_two_digits(value, words):
    assert evaluate("bridges/widget.mjs", "module.inWords(data)", value) == words


def test_a_live_transmission_keeps_within_its_controls():
    live = LiveTransmission.of({"one": network_of("soo2023", n_units=5)}, TASK, bridge="DASC", lag_ms=100)
    assert (live.bridge, live.lag_ms, live.beta, live.delay) == ("DASC", 100, 0.5, 1000)
    assert [len(live.starts[0][name]) for name in ("alpha", "recurrent", "drive", "h0")] == [5] * 4


# Figures and results


def test_figures_say_what_they_show():
    left = {"one": error_left(TASK, network_of("soo2023", n_units=5), [0, 100, 200])}
    (axes,) = draw_error_left([0, 100, 200], left, dt=20, tau=100).axes
    assert axes.get_yscale() == "log"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "a unit alone (tau = 100 ms)"]
    network = network_of("soo2023", n_units=5)
    runs = train(TASK, network, BPTT(), steps=2, batch_size=4, evaluate_every=1, n_test=8, ensemble=2)
    figure = draw_learning({"a way": runs}, TASK.chance, changes=(1,))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a way"]


def test_the_recap_is_read_from_the_table_that_travels_with_the_package():
    rows = study_results(STUDY)
    asked = sum(job["networks"] for job in STUDY.jobs(False))
    assert 0 < len(rows) <= asked
    assert all(row["failed"] is None for row in rows)
    first, *lines = how_much_is_done(STUDY, rows, by=("task", "delay_ms", "dt")).splitlines()
    assert first == f"{len(rows)} of {asked} networks of the study are trained:"
    counts = np.array([re.match(r" *(\d+) of (\d+)", line).groups() for line in lines], dtype=int)
    assert counts.sum(axis=0).tolist() == [len(rows), asked]
    assert (counts[:, 0] <= counts[:, 1]).all()
    main = [row for row in rows if cell_of(row) == ("yang19.dlygo", 1000, 10)]
    assert "base" in {row["arm"] for row in main}
    assert "learned" in STUDY.report(rows).figures


def test_the_table_of_a_report_is_shown_as_a_table():
    rows = study_results(STUDY)
    main = [row for row in rows if cell_of(row) == ("yang19.dlygo", 1000, 10)]
    report = STUDY.report(main)
    shown = ReportTable(report)
    assert str(shown) == report.text
    html = shown._repr_html_()
    arms = dict.fromkeys(row["arm"] for row in main)
    assert html.count("<tr>") == 1 + len(arms)
    assert all(f"<td>{arm}</td>" in html for arm in arms)
    assert ">task</th>" not in html
    assert "In every row: task yang19.dlygo, delay 1000, bins 10" in html
    assert ">solved</th>" in html


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    last = """
import json
kept = lambda run: int((bridges.error_left(task, run.network, [1000]) > 0.01).sum())
print(json.dumps([[[run.step, run.metrics[-1]["score"], kept(run)] for run in way] for way in runs.values()]))
"""
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), last)


@pytest.mark.slow
class TestNotebook:
    def test_what_it_claims_of_learning_holds(self, executed):
        """Near chance without help, part of the way with a bridge that is gone, nearly perfect in the slow mode."""
        plain, bridged, slow = np.array(told(executed))
        assert plain[:, 1].mean() < 0.35
        assert bridged[:, 1].mean() > plain[:, 1].mean() + 0.2
        assert np.median(slow[:, 1]) >= 0.95
        assert np.median(slow[:, 0]) <= 350
        assert slow[:, 1].min() > bridged[:, 1].mean()
        assert np.median(plain[:, 2]) == 0
        assert 1 <= np.median(bridged[:, 2]) <= 3
        assert slow[:, 2].min() > 10

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 3
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 8
        assert kinds.count("text/html") == 2  # the verdict on the empty exercise, and the table of the study
