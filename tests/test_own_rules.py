"""A rule of one's own needs ``update`` alone: it trains, is evaluated, resumed, saved and loaded like ours."""

import subprocess
import sys

import pytest
import torch
from typer.testing import CliRunner

from cogdyn.agents import RateRNN, evaluate, load_run, register_rule, train
from cogdyn.agents.rules import BPTT, Rule, learning_rule
from cogdyn.envs import make_task
from cogdyn.envs.errors import ArgumentError
from cogdyn.lessons.commands.main import app

TASK = make_task("GoNogo")
FEW = {"steps": 4, "batch_size": 4, "evaluate_every": 2, "n_test": 10, "device": "cpu"}


class Plain(Rule):
    """Plain descent on the loss."""

    def update(self, network, batch, generator=None):
        """Change the weights."""
        loss, weights = self.loss(network, batch, generator), [*network.parameters()]
        for weight, gradient in zip(weights, torch.autograd.grad(loss.sum(), weights), strict=True):
            weight.data -= 0.05 * gradient
        return {"loss": loss}


def network_of(seed=0):
    return RateRNN(TASK.n_inputs, 8, TASK.n_outputs, dt=TASK.dt, noise=0.1, seed=seed)


def same(ours, theirs):
    values = zip(ours.network.state_dict().values(), theirs.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in values)


def test_it_does_what_ours_does_with_plain_descent():
    ours = train(TASK, network_of().double(), Plain(), **FEW)
    theirs = train(TASK, network_of().double(), BPTT(lr=0.05, clip=None, optimizer="sgd"), **FEW)
    for a, b in zip(ours.network.parameters(), theirs.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)
    assert [row["loss"] for row in ours.metrics] == pytest.approx([row["loss"] for row in theirs.metrics])


@pytest.mark.parametrize("ensemble", [None, 2])
def test_it_is_trained_resumed_saved_and_loaded(tmp_path, ensemble):
    whole = train(TASK, network_of(), Plain(), ensemble=ensemble, **FEW | {"steps": 8})
    train(TASK, network_of(), Plain(), ensemble=ensemble, out=tmp_path / "run", **FEW)
    again = FEW | {"steps": 8, "resume": True, "out": tmp_path / "run"}
    cut = train(TASK, network_of(), Plain(), ensemble=ensemble, **again)
    folders = [tmp_path / "run"] if ensemble is None else [tmp_path / f"run/network-{s}" for s in (1, 2)]
    pairs = zip(*([run] if ensemble is None else run for run in (whole, cut)), folders, strict=True)
    for ours, theirs, folder in pairs:
        loaded = load_run(folder)
        assert same(ours, theirs)
        assert same(ours, loaded)
        assert repr(ours.metrics) == repr(theirs.metrics) == repr(loaded.metrics)  # norms are NaN
        assert loaded.config["rule"] == {"name": "Plain"}
        assert evaluate(TASK, loaded.network, 10).score == loaded.metrics[-1]["score"]
    with pytest.raises(ValueError, match=r"was trained with another rule: name is 'BPTT' and was 'Plain'"):
        train(TASK, network_of(), BPTT(), ensemble=ensemble, **again)


@learning_rule
class Nothing(Rule):
    """A rule with an argument that has no default, which changes nothing."""

    size: float

    def update(self, network, batch, generator=None):
        """Change nothing."""
        return {"loss": 1.0}


def test_its_run_is_shown_with_all_its_arguments(tmp_path):
    run = train(TASK, network_of(), Nothing(size=0.3), out=tmp_path, **FEW)
    assert run.config["rule"] == {"name": "Nothing", "size": 0.3}
    assert repr(Nothing(size=0.3)) == "Nothing(size=0.3)"
    shown = CliRunner().invoke(app, ["show", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert "GoNogo, 8 units, Nothing, 4 updates" in shown.stdout
    assert "size=0.3" in shown.stdout


class WithoutGenerator(Rule):
    """A rule whose update takes too little."""

    def update(self, network, batch):
        """Change nothing."""
        return {"loss": 1.0}


class Unfinished(Rule):
    """A rule without an update."""


class LooksLikeOne:
    """What has an update and is no Rule."""

    update = Plain.update


def returning(value):
    rule = Plain()
    rule.update = lambda network, batch, generator=None: value
    return rule


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (LooksLikeOne(), r"rule is a LooksLikeOne; it must be a Rule\."),
        (Plain, r"rule is the class Plain; it must be an object of it, as Plain\(\)\."),
        (None, r"rule is None; it must be a Rule\."),
        (WithoutGenerator(), "update of the rule WithoutGenerator must take network, batch, generator: too many"),
        (returning(None), r"Plain\.update returned None; it must return a dictionary with a loss, such as"),
        (returning({"norm": 1.0}), r"it must return a dictionary with a loss, such as \{'loss': 0.5\}\."),
        (returning({"loss": "low"}), "it must return a dictionary with a loss and other numbers"),
        (returning({"loss": torch.ones(2)}), "it must return a dictionary with a loss, a number"),
    ],
)
def test_what_is_no_rule_is_refused_in_a_sentence_and_leaves_no_folder(tmp_path, rule, message):
    with pytest.raises(ArgumentError, match=message):
        train(TASK, network_of(), rule, out=tmp_path / "run", **FEW)
    assert not (tmp_path / "run").exists()


def test_a_rule_without_an_update_cannot_be_made():
    with pytest.raises(TypeError, match=r"class Unfinished.* abstract method '?update"):
        Unfinished()


MODULE = """
from cogdyn.agents import learning_rule, register_rule
from cogdyn.agents.credit import LossRule
from cogdyn.agents.rules import BPTT


@register_rule
@learning_rule
class Gentle(LossRule):
    'BPTT by another name.\\n\\nArgs:\\n    kindness: Changes nothing.'

    kindness: float = 0.5

    def loss(self, network, batch, generator=None):
        return BPTT().loss(network, batch, generator)
"""


def test_the_command_line_trains_and_describes_a_registered_rule(tmp_path):
    (tmp_path / "myrules.py").write_text(MODULE)

    def cogdyn(*words):
        command = [sys.executable, "-m", "cogdyn", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    quick = ["train", "Add", "--steps", "2", "--units", "8", "--batch-size", "4"]
    done = cogdyn(*quick, "--import", "myrules", "--rule", "Gentle", "--rule-set", "kindness=0.7", "--out", "run")
    assert done.returncode == 0, done.stderr
    assert "from myrules import Gentle" in done.stdout
    assert load_run(tmp_path / "run").config["rule"]["kindness"] == 0.7
    words = cogdyn("rules", "Gentle", "--import", "myrules").stdout
    assert "BPTT by another name." in words
    assert "Changes nothing." in words
    other = cogdyn(*quick, "--rule", "Gentle", "--out", "other")
    assert other.returncode == 1
    assert other.stderr.startswith("error: unknown rule 'Gentle'")
    assert "If it is a rule of your own, import the module that registers it first." in other.stderr


def test_what_cannot_be_registered_is_refused():
    class Unfinished(Rule):
        pass

    class RFLO(Rule):  # a name of the catalogue
        def update(self, network, batch, generator=None):
            return {"loss": 0.0}

    with pytest.raises(ArgumentError, match="Unfinished is not complete: write its update"):
        register_rule(Unfinished)
    with pytest.raises(ArgumentError, match="there is a rule 'RFLO' in the catalogue"):
        register_rule(RFLO)
    with pytest.raises(ArgumentError, match="must be a class derived from Rule"):
        register_rule(RateRNN)
