"""Learning with local signals: its figures, its check, its traces in the browser, and the notebook."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lesson_page import executed_lesson, kinds_shown, told
from node import evaluate, needs_node

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.bins import bins_of
from cogdyn.agents.credit.diagonal_traces import DiagonalTraces
from cogdyn.agents.credit.feedback import Feedback
from cogdyn.agents.rules import RFLO, RTRL
from cogdyn.envs import make_task
from cogdyn.lessons.chapters.local_signals import check_rflo, cue_alignment, draw_cue_alignment, feedback_alignment
from cogdyn.lessons.chapters.local_signals.widget import LiveTraces

PAGE = Path(__file__).parent.parent / "book/lessons/07-local-signals.md"
TASK = make_task("DelayResponse")


def network_of(n_units=6, n_inputs=2, n_outputs=1, **arguments):
    shared = {"dt": 20, "tau": 100, "activation": "tanh", "leak": "rate", "self_connections": True, "seed": 1}
    return RateRNN(n_inputs, n_units, n_outputs, **shared | arguments)


# The exercise


def outer(post, pre):
    return post[:, :, None] * pre[:, None, :]


def local(r, slope, e, W_fb, alpha, *, keep=None, late=0, new=None, told=None, lag=0):
    """RFLO, or one of its likely mistakes."""
    n_bins, n_trials, n = slope.shape
    keep = 1 - alpha if keep is None else keep
    p, g = np.zeros((n_trials, n, n)), np.zeros((n, n))
    for t in range(n_bins):
        before, p = p, keep * p + alpha * (new or outer)(slope[t], r[t + late])
        g += (told or (lambda signal, p: (signal[:, :, None] * p).sum(0)))(e[t] @ W_fb, before if lag else p)
    return g


def test_it_is_both_the_exact_gradient_and_rflo():
    assert "the exact gradient" in check_rflo(local).reason
    cosine = float(re.search(r"is (-?[\d.]+) here", check_rflo(local).reason).group(1))
    assert 0 < cosine < 0.99


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda *given: local(*given, keep=1.0), "does not decay"),
        (lambda *given: local(*given, keep=0.0), "no memory"),
        (lambda *given: local(*given, new=lambda d, p: outer(np.ones_like(d), p)), "slope is forgotten"),
        (lambda *given: local(*given, late=1), "those after the bin"),
        (lambda *given: local(*given, told=lambda s, p: (s[:, None, :] * p).sum(0)), "of the wrong unit"),
        (
            lambda *given: local(*given, new=lambda d, p: np.broadcast_to((d * p)[:, None, :], outer(d, p).shape)),
            "sender",
        ),
        (lambda *given: local(*given).T, "the wrong way round"),
        (lambda *given: local(*given, told=lambda s, p: s[0][:, None] * p[0]), "only one trial"),
        (lambda *given: local(*given, told=lambda s, p: (s[:, :, None] * p).mean(0)), "trials are averaged"),
        (lambda *given: local(*given, told=lambda s, p: s.sum(0)[:, None] * p.sum(0)), "share one trace"),
        (lambda r, s, e, W, a: local(r, s, np.concatenate([0 * e[:-1], e[-1:]]), W, a), "only the last bin"),
        (lambda *given: local(*given) / len(given[1]), "bins are averaged"),
        (lambda *given: local(*given) / given[4], "alpha is missing"),
        (lambda *given: -local(*given), "sign is turned"),
        (lambda *given: local(*given, lag=1), "the bin before"),
        (lambda *given: 0.9 * local(*given), "0.9 times what it should be"),
        (lambda *given: None, "returns nothing"),
        (lambda *given: np.stack([local(*given)] * 3), "shape"),
        (lambda r, s, e, W, a: W @ e, "raised ValueError"),
        (lambda r, s, e, W, a: np.add(r, 1, out=r), "changes its arguments"),
    ],
)
def test_each_slip_is_named(slip, reason):
    verdict = check_rflo(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


def test_to_be_right_without_recurrent_weights_is_not_enough():
    answers = []
    verdict = check_rflo(lambda *given: answers.append(local(*given)) or answers[0])
    assert len(answers) >= 2
    assert not verdict.passed


# Alignment


def test_without_recurrent_weights_local_credit_is_exact_at_every_delay():
    network = network_of(8, TASK.n_inputs, TASK.n_outputs, gain=0.0)
    cosines = cue_alignment(TASK, network, RFLO(feedback="symmetric"), [0, 300], n_trials=4)
    np.testing.assert_allclose(cosines, 1, rtol=1e-5)


def test_what_the_page_says_of_delays_holds_for_other_seeds():
    rule = RFLO(feedback="symmetric")
    for gain, first in ((0.2, 0.5), (0.5, 0.25)):
        networks = [
            network_of(50, TASK.n_inputs, TASK.n_outputs, gain=gain, seed=seed, self_connections=False)
            for seed in range(6, 10)
        ]
        cosines = np.mean([cue_alignment(TASK, network, rule, [0, 400], 8) for network in networks], axis=0)
        assert first < cosines[0] < 0.97
        assert cosines[1] < cosines[0] - 0.25


def test_the_alignment_leaves_the_network_as_it_was_and_its_noise_out():
    network = network_of(8, TASK.n_inputs, TASK.n_outputs, noise=0.5)
    rule = RFLO(feedback="symmetric")
    first, again = (cue_alignment(TASK, network, rule, [100], n_trials=4) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert network.noise == 0.5


def test_the_alignment_is_that_of_the_rule_with_what_it_has_learned():
    network = network_of(8, TASK.n_inputs, TASK.n_outputs, noise=0.5)
    symmetric, learned = RFLO(feedback="symmetric"), RFLO(feedback="adaptive")
    learned.restore(network, {"feedback": network.readout_weights.detach()})
    found, expected = (cue_alignment(TASK, network, rule, [100], n_trials=4) for rule in (learned, symmetric))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert feedback_alignment(network, learned) == pytest.approx(1, rel=1e-5)
    assert feedback_alignment(network_of(8, TASK.n_inputs, TASK.n_outputs), learned) < 0.9


def test_tasks_without_a_cue_or_a_delay_are_refused():
    task = make_task("yang19.go")
    network = RateRNN(task.n_inputs, 4, task.n_outputs, dt=task.dt)
    with pytest.raises(ValueError, match="has no cue and no delay"):
        cue_alignment(task, network, RFLO(), [100])


def test_feedback_is_aligned_with_itself_alone():
    network = network_of(8, 3, 5)
    assert feedback_alignment(network, RFLO(feedback="symmetric")) == pytest.approx(1, rel=1e-5)
    with torch.no_grad():
        network.readout.copy_(-Feedback("random").of(network))
    assert feedback_alignment(network, RFLO(feedback="random")) == pytest.approx(-1, rel=1e-5)


def test_the_figure_says_what_it_shows():
    figure = draw_cue_alignment([0, 100], {"one": np.array([[1.0, 0.5], [0.8, 0.2]]), "two": np.zeros((2, 2))})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    assert figure.axes[0].get_xlabel() == "delay (ms)"


# The browser


def inputs_of(n_bins=40):
    inputs = np.zeros((n_bins, 2))
    inputs[3:8, 0], inputs[15:20, 1] = 1, 0.5
    return inputs


def in_python(network, inputs, feedback):
    """Traces, influence and credit in every bin, by the rules of the package, where the error is always 1."""
    u = torch.from_numpy(inputs)[:, None]
    errors = SimpleNamespace(of=torch.ones_like, labels=[None] * len(inputs))
    trajectory = network(u, keep_activations=True)
    local, exact = DiagonalTraces(network, 1), RTRL().steps(network, 1, {}, None)
    rows = []
    for back, true in zip(
        bins_of(network, u, trajectory, errors, feedback),
        bins_of(network, u, trajectory, errors, network.readout_weights),
        strict=True,
    ):
        row = {"rates": back.rates[0], "local": local.step(back, None), "exact": exact.step(true, None)}
        row |= {"traces": local.traces[0].mT, "influence": exact.state[0].diagonal().mT}  # of i by j, on i itself
        rows.append({name: values.flatten().tolist() for name, values in row.items()})
    return rows


@needs_node
@pytest.mark.parametrize("pathway", ["symmetric", "random"])
@pytest.mark.parametrize(("tau", "strength"), [(100, 1.0), (20, 0.0), (500, 2.0)])
@torch.no_grad()
def test_the_browser_assigns_the_credit_of_rflo_and_rtrl(tau, strength, pathway):
    network = network_of(gain=1.2, tau=tau).double()
    network.h0.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(0))
    network.bias.normal_(generator=torch.Generator().manual_seed(1))
    network.alpha.fill_(20 / tau)
    for name in ("recurrent", "input", "bias", "h0", "readout"):  # they travel with six digits
        getattr(network, name).data.apply_(lambda value: float(f"{value:.6g}"))
    live = LiveTraces.of(network, inputs_of(), ["A", "B"])
    feedback = Feedback(pathway).of(network)
    np.testing.assert_allclose(live.network["random" if pathway == "random" else "readout"], feedback[0], rtol=1e-5)
    settings = {"tau": tau, "strength": strength, "feedback": feedback[0].tolist()}
    given = {"network": live.network, "inputs": live.inputs, "settings": settings}
    found = evaluate("local_signals/credit.mjs", "module.assignCredit(data.network, data.inputs, data.settings)", given)
    network.recurrent.mul_(strength)
    for bin, expected in zip(found, in_python(network, inputs_of(), feedback), strict=True):
        for name, values in expected.items():
            np.testing.assert_allclose(bin[name], values, rtol=1e-9, atol=1e-13)
        if strength == 0 and pathway == "symmetric":
            np.testing.assert_allclose(bin["local"], bin["exact"], rtol=1e-12, atol=1e-15)


@needs_node
def test_answers_about_the_living_traces_hold():
    flashes = np.zeros((61, 2))
    flashes[5:10, 0] = flashes[25:30, 1] = 1
    live = LiveTraces.of(network_of(gain=1.2), flashes, ["A", "B"])

    def credit(ms=600, strength=1.0, pathway="readout"):
        settings = {"tau": 100, "strength": strength, "feedback": live.network[pathway]}
        given = {"network": live.network, "inputs": live.inputs, "settings": settings, "bin": ms // 20}
        bin = "module.assignCredit(data.network, data.inputs, data.settings)[data.bin]"
        return np.array(evaluate("local_signals/credit.mjs", f"(({{ local, exact }}) => [local, exact])({bin})", given))

    def cosine(**settings):
        local, exact = credit(**settings)
        return local @ exact / np.linalg.norm(local) / np.linalg.norm(exact)

    assert [round(cosine(ms=ms), 2) for ms in (200, 600, 1200)] == [0.78, 0.61, 0.39]
    assert [round(cosine(strength=strength), 2) for strength in (0, 2)] == [1.0, 0.23]
    true, random = (credit(pathway=pathway)[0].reshape(6, 9) for pathway in ("readout", "random"))
    factor = np.array(live.network["random"]) / np.array(live.network["readout"])
    np.testing.assert_allclose(random, factor[:, None] * true, rtol=1e-4, err_msg="one factor for each row")
    assert (factor < 0).any()


@needs_node
def test_the_credit_is_told_in_words():
    bin = {"local": [0.25, -0.5], "exact": [0.25, 0.5]}
    told = evaluate("local_signals/widget.mjs", "[0, 1].map((at) => module.summary(data, at))", bin)
    assert [words["one"] for words in told] == [
        "credit of this synapse: RFLO 0.2500, exact 0.2500",
        "credit of this synapse: RFLO −0.5000, exact 0.5000",
    ]
    assert told[0]["all"] == "all 2 synapses: cosine −0.60"
    nothing = evaluate("local_signals/widget.mjs", "module.summary(data, 0)", {"local": [0, 0], "exact": [1, 0]})
    assert nothing["all"] == "all 2 synapses: cosine none"
    assert evaluate("local_signals/widget.mjs", "module.inDecimals(-0.00001)") == "0.0000"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": network_of(activation="relu")}, "activation='tanh'"),
        ({"network": network_of(leak="voltage")}, "leak='rate'"),
        ({"network": network_of(n_outputs=2)}, "one output"),
        ({"network": network_of(self_connections=False)}, "do not exist"),
        ({"inputs": np.zeros((5, 3))}, r"expected \(T, 2\)"),
        ({"input_names": ["A"]}, "1 names"),
        ({"post": 6}, "post is 6; allowed: 0 to 5"),
        ({"pre": 9}, "pre is 9; allowed: 0 to 8"),
        ({"error_ms": 800.0}, "error_ms is 800.0; allowed: 0 to 780"),
    ],
)
def test_what_traces_are_not_drawn_for_is_refused(change, message):
    arguments = {"network": network_of(), "inputs": inputs_of(), "input_names": ["A", "B"]}
    with pytest.raises(ValueError, match=message):
        LiveTraces.of(**arguments | change)


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    last = """
import json
scores = lambda ways: {name: [run.metrics[-1]["score"] for run in way] for name, way in ways.items()}
means = {name: c.mean(axis=0).tolist() for name, c in cosines.items()}
print(json.dumps([scores(runs), scores(late), means, unlearned, learned]))
"""
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), last)


@pytest.mark.slow
class TestNotebook:
    def test_what_it_claims_holds(self, executed):
        runs, late, cosines, unlearned, learned = told(executed)
        exact, local, random, readout = (np.mean(scores) for scores in runs.values())
        assert exact > 0.9
        assert exact > local + 0.1
        assert local > random
        assert random > readout + 0.2
        assert np.mean(late["exact gradient"]) > np.mean(late["local traces"]) + 0.15
        assert abs(np.mean(late["local traces"]) - 0.125) < 0.08
        np.testing.assert_allclose(cosines["no recurrent weights"], 1, rtol=1e-5)
        assert max(abs(row[-1]) for name, row in cosines.items() if name != "no recurrent weights") < 0.2
        assert abs(np.mean(unlearned)) < 0.15
        assert min(learned) > 0.3

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 2
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 8
        assert kinds.count("text/html") == 1  # the verdict on the empty exercise
