"""The lesson on compartments: its check, its living network, what the page says of both, and the notebook."""

from pathlib import Path

import numpy as np
import pytest
import torch
from lesson_page import executed_lesson, kinds_shown, told
from node import evaluate, needs_node

from cogdyn.agents import RateRNN
from cogdyn.agents.measures.apical_voltages import apical_voltages, exact_credit
from cogdyn.agents.rules import Compartments
from cogdyn.envs import make_task
from cogdyn.lessons.chapters.compartments import check_teach
from cogdyn.lessons.chapters.compartments.widget import LiveCompartments
from cogdyn.lessons.studies.marschall2019.levels import levels

PAGE = Path(__file__).parent.parent / "book/lessons/09-compartments.md"
TASKS = [make_task("Add", lags=lags, n_steps=50) for lags in ((1, 2), (4, 5))]


def network_of(seed=1, n_units=16, **arguments):
    shared = {"dt": 10, "tau": 20, "activation": "tanh", "leak": "rate", "init": "orthogonal", "gain": 0.5}
    shared |= {"readout_gain": 2.0, "self_connections": True, "train_h0": False, "seed": seed}
    return RateRNN(2, n_units, 2, **shared | arguments)


# The exercise


def taught(A, slow, K, seen, seen_before, L_before, lr, *, own=1.0, others=None, made_by=None, to=None, rate=1.0):
    """The teaching phase, or one of its likely mistakes."""
    told = np.tanh(seen @ slow.T) @ K.T if others is None else others(A, slow, K, seen, seen_before)
    made_by = seen_before if made_by is None else made_by
    wrong = made_by @ A.T - (own * L_before + told)
    return A - rate * lr * wrong.T @ (seen_before if to is None else to) / len(seen)


def test_with_shared_transport_it_is_dni_to_the_last_bit():
    verdict = check_teach(taught)
    assert verdict.passed
    assert "they differ by 0e+00" in verdict.reason


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda *given: taught(*given, others=lambda *_: 0.0), "nothing is carried back"),
        (lambda *given: taught(*given, own=0.0), "the error is left out"),
        (lambda *given: taught(*given, others=lambda A, s, K, x, y: np.tanh(x @ s.T) @ K), "read backwards"),
        (lambda *given: taught(*given, others=lambda A, s, K, x, y: x @ s.T @ K.T), "keeps what is carried small"),
        (lambda *given: taught(*given, others=lambda A, s, K, x, y: np.tanh(x @ A.T) @ K.T), "slow copy"),
        (lambda *given: taught(*given, others=lambda A, s, K, x, y: np.tanh(x @ s.T @ K.T)), "too late"),
        (
            lambda *given: taught(*given, others=lambda A, s, K, x, y: np.tanh(y @ s.T) @ K.T),
            "others predict for the bin",
        ),
        (lambda *given: taught(*given, made_by=given[3]), "voltage is this bin's"),
        (lambda *given: taught(*given, to=given[3]), "senders are this bin's"),
        (lambda *given: taught(*given, to=given[3], made_by=given[3]), "all is of this bin"),
        (lambda *given: taught(*given, rate=-1.0), "sign is turned"),
        (lambda *given: taught(*given, rate=len(given[3])), "added up"),
        (lambda *given: taught(*given, rate=1 / given[6]), "lr is missing"),
        (lambda *given: taught(*given) - given[0], "the change is returned"),
        (lambda *given: 0.9 * taught(*given), "0.9 times what it should be"),
        (lambda *given: None, "returns nothing"),
        (lambda *given: taught(*given).T, "shape"),
        (lambda *given: given[0] @ given[2], "raised ValueError"),
        (lambda *given: np.add(given[0], 1, out=given[0]), "changes its arguments"),
    ],
)
def test_each_slip_is_named(slip, reason):
    verdict = check_teach(slip)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


# The browser


def given_to_node(live, task, settings, **more):
    plain = {"feedback": "random", "transport": "mirrored", "phases": "every_step", "inhibited": []}
    return {"net": live.networks[0], "settings": live.training | plain | {"lr": task["lr"]} | settings} | more


@needs_node
@pytest.mark.parametrize(
    ("switch", "arguments"),
    [
        ({}, {}),
        ({"feedback": "symmetric"}, {"feedback": "symmetric"}),
        ({"transport": "shared"}, {"transport": "shared"}),
        ({"phases": "alternate", "block": 4}, {"phases": "alternate", "block": 4}),
        ({"inhibited": ["carrier"]}, {"inhibited": ["carrier"]}),
        ({"inhibited": ["label", "teacher"]}, {"inhibited": ["label", "teacher"]}),
        ({"inhibited": ["apical"], "feedback": "symmetric"}, {"inhibited": ["apical"], "feedback": "symmetric"}),
    ],
)
def test_the_browser_learns_as_the_rule_does(switch, arguments):
    task, network = make_task("Add", lags=(1, 2), n_steps=12), network_of(n_units=5).double()
    for name in ("recurrent", "input", "bias", "readout", "readout_bias"):  # they travel with six digits
        getattr(network, name).data.apply_(lambda value: float(f"{value:.6g}"))
    live = LiveCompartments.of([network], [task], [0.3])
    rule = Compartments(update_every="bin", lr=0.3, **arguments)
    batch = task.sample(3, seed=1)
    trials = {"inputs": batch.inputs.tolist(), "targets": batch.targets.tolist(), "mask": batch.mask[:, 0].tolist()}
    found = evaluate(
        "compartments/rule.mjs",
        """(() => {
            const net = module.newNetwork(data.net);
            const losses = [1, 2, 3].map(() => module.learn(net, data.trials, data.settings));
            const seen = [0, 1, 2].map((b) => module.probe(net, data.trials, data.settings, b));
            return { losses, net, seen };
        })()""",
        given_to_node(live, live.tasks[0], switch, trials=trials),
    )
    losses = [rule.update(network, batch)["loss"] for _ in range(3)]
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-4)
    weights = torch.cat([network.recurrent, network.input, network.bias[:, None]], dim=1).detach()
    expected = {"basal": weights, "readout": network.readout.detach()}
    expected |= {name: rule.memory[name] for name in ("apical", "slow", "jacobian")}
    for name, values in expected.items():  # A and random feedback travel with six digits, too
        np.testing.assert_allclose(found["net"][name], values.flatten(), rtol=1e-3, atol=1e-5, err_msg=name)
    for name, of in (("apical", apical_voltages), ("credit", exact_credit)):
        values = of(network, rule, batch)
        scale = values.abs().max().item()
        for b, seen in enumerate(found["seen"]):
            np.testing.assert_allclose(seen[name], values[:, b], atol=1e-4 * scale, err_msg=name)


@needs_node
def test_the_browser_makes_trials_of_add_and_knows_its_levels():
    data = {"lags": [1, 3], "steps": 400, "batch": 5}
    made = evaluate("compartments/rule.mjs", "module.addTrials(module.randomNumbers(7), data)", data)
    bits, label = np.array(made["inputs"])[..., 0], np.array(made["targets"])[..., 0]
    assert made["mask"] == [0] * 3 + [1] * 400
    np.testing.assert_allclose(label[3:], 0.5 + 0.5 * bits[2:-1] - 0.25 * bits[:-3])
    assert abs(bits.mean() - 0.5) < 0.05
    told = evaluate("compartments/rule.mjs", "module.addLevels()")
    assert list(told.values()) == pytest.approx(list(levels("add 4, 6").values()), abs=1e-6)


@needs_node
def test_phases_are_told_in_words():
    found = {"basal": [[0.5], [1.0]], "rates": [[0.2], [0.4]], "apical": [[-0.1], [0.3]], "gates": [[0.5], [0.5]]}
    found |= {"signal": [[0.2], [0.0]], "carried": [[9.0], [-0.05]]}
    told = evaluate("compartments/widget.mjs", "module.phaseWords(data, 1, 0, [])", found)
    assert told["run"].startswith("the basal voltage is 1.000, so the rate becomes 0.400.")
    assert "the error says 0.200 and the others −0.050, together 0.150. The apical voltage was −0.100" in told["teach"]
    assert "0.300" in told["consolidate"]
    assert "changes by −0.1500" in told["consolidate"]
    shut = evaluate("compartments/widget.mjs", "module.phaseWords(data, 1, 0, ['teacher', 'apical'])", found)
    assert "the error says 0.000" in shut["teach"]
    assert "changes by 0.0000" in shut["consolidate"]
    assert evaluate("compartments/widget.mjs", "module.phaseWords(data, 0, 0, [])", found)["teach"].startswith(
        "there is no"
    )
    assert evaluate("compartments/widget.mjs", "module.likeness([[1, 0]], [[0, 0]])") is None
    assert evaluate("compartments/widget.mjs", "module.likeness([[1, 0], [2, 0]], [[1, 1], [2, 2]])") == pytest.approx(
        0.5**0.5
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"networks": [network_of(activation="relu")]}, "activation='tanh'"),
        ({"networks": [network_of(leak="voltage")]}, "leak='rate'"),
        ({"networks": [network_of(self_connections=False, init="gaussian")]}, "self_connections=True"),
        ({"networks": []}, "0 networks"),
        ({"lrs": [0.1]}, "2 tasks and 1 learning rates"),
        ({"tasks": [make_task("Add", tau_task=2)], "lrs": [0.1]}, "tau_task=1"),
        ({"unit": 16}, "unit is 16; allowed: 0 to 15"),
        ({"task": 2}, "task is 2; allowed: 0 to 1"),
    ],
)
def test_what_cannot_learn_in_the_browser_is_refused(change, message):
    arguments = {"networks": [network_of()], "tasks": TASKS, "lrs": [0.08, 0.08]}
    with pytest.raises(ValueError, match=message):
        LiveCompartments.of(**arguments | change)


@pytest.mark.slow
@needs_node
def test_what_is_left_of_the_credit_is_predicted_less():
    """The cosine of apical voltage and credit rises within 20 updates, then falls while both become smaller."""
    live = LiveCompartments.of([network_of(seed) for seed in range(1, 6)], TASKS[:1], [0.08])
    script = """data.networks.map((given, k) => {
        const size = { lags: [1, 2], steps: data.settings.steps };
        const [net, draw] = [module.newNetwork(given), module.randomNumbers(1 + k)];
        const test = module.addTrials(module.randomNumbers(1000), { ...size, batch: 24 });
        const voltages = [];
        for (let j = 0; j <= data.settings.updates; j++) {
            if (j === 20 || j === data.settings.updates) voltages.push(module.probe(net, test, data.settings));
            module.learn(net, module.addTrials(draw, { ...size, batch: data.settings.batch }), data.settings);
        }
        return voltages.map(({ apical, credit }) => [apical, credit]);
    })"""
    given = given_to_node(live, live.tasks[0], {}, networks=live.networks)
    voltages = np.array(evaluate("compartments/rule.mjs", script, given))  # network, early or late, u or c, bin, unit
    lengths = np.sqrt((voltages**2).sum(axis=(3, 4)))
    cosines = voltages.prod(axis=2).sum(axis=(2, 3)) / lengths.prod(axis=2)
    early, late = cosines.mean(axis=0)
    assert early > 0.6
    assert late < 0.45
    assert (lengths[:, 1].mean(axis=0) < [0.35, 0.65] * lengths[:, 0].mean(axis=0)).all()


@pytest.mark.slow
@needs_node
def test_what_the_page_says_of_the_living_network_holds():
    live = LiveCompartments.of([network_of(seed) for seed in range(1, 6)], TASKS, [0.08, 0.08])
    script = """data.networks.map((given, k) => {
        const size = { lags: data.lags, steps: data.settings.steps };
        const [net, draw] = [module.newNetwork(given), module.randomNumbers(1 + k)];
        const test = module.addTrials(module.randomNumbers(1000), { ...size, batch: 24 });
        for (let j = 0; j < data.settings.updates; j++) {
            module.learn(net, module.addTrials(draw, { ...size, batch: data.settings.batch }), data.settings);
        }
        return test.inputs[0].reduce((sum, _, b) => sum + module.probe(net, test, data.settings, b).loss / 24, 0);
    })"""

    def losses(task, n=5, **switch):
        chosen = {"networks": live.networks[:n], "lags": live.tasks[task]["lags"]}
        return np.array(
            evaluate("compartments/rule.mjs", script, given_to_node(live, live.tasks[task], switch, **chosen))
        )

    every, readout, errors = (losses(0, inhibited=shut) for shut in ([], ["apical"], ["teacher"]))
    assert every.max() < readout.min() - 0.05
    assert errors.mean() > readout.mean() + 0.015
    assert losses(0, 3, inhibited=["label"]).mean() > readout.mean() + 0.01
    assert losses(0, 3, inhibited=["carrier"]).mean() < every.mean() + 0.02
    np.testing.assert_allclose(losses(0, 1, transport="shared"), every[:1], atol=0.02)
    far, far_alone = losses(1), losses(1, inhibited=["apical"])
    assert far.mean() > far_alone.mean() - 0.01
    assert far.std() > 2 * far_alone.std()


# The notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    last = """
import json
print(json.dumps({name: [run.metrics[-1]["score"] for run in way] for name, way in runs.items()}))
"""
    return executed_lesson(PAGE, tmp_path_factory.mktemp("lessons"), last)


@pytest.mark.slow
class TestNotebook:
    def test_what_it_claims_holds(self, executed):
        scores = {name: np.array(found) for name, found in told(executed).items()}
        exact, every, turns, errors, readout = scores.values()
        assert exact.mean() > every.mean() + 0.03
        assert every.min() > readout.max() + 0.3
        assert every.mean() > turns.mean() + 0.03
        assert turns.std() > 3 * every.std()
        assert turns.mean() > readout.mean() + 0.15
        assert errors.mean() < readout.mean() + 0.03

    def test_every_figure_and_widget_is_there(self, executed):
        kinds = kinds_shown(executed)
        assert kinds.count("image/png") == 1
        assert kinds.count("application/vnd.jupyter.widget-view+json") == 8
        assert kinds.count("text/html") == 1  # the verdict on the empty exercise
