"""All rules by name, and what the command line tells of them."""

import copy
import inspect
import pickle
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from cogdyn.agents import RateRNN, load_run, rules, train
from cogdyn.agents.rules.catalogue import make_rule, rule_arguments, rule_names
from cogdyn.envs import make_task
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.commands.rule_facts import facts_of_rules
from cogdyn.lessons.commands.rule_table import rule_table

TASK = make_task("SensorimotorMapping", dt=10)


def cogdyn(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def suited(name):
    """A network for which the rule is defined."""
    leak = "voltage" if name == "RewardHebbian" else "rate"
    arguments = {"activation": "tanh", "leak": leak, "self_connections": True, "noise": 0.05, "tau": 50}
    return RateRNN(TASK.n_inputs, 6, TASK.n_outputs, dt=TASK.dt, **arguments)


def test_every_rule_that_can_be_imported_has_its_name_in_the_catalogue():
    classes = {name for name, value in vars(rules).items() if isinstance(value, type)} - {"Diverged", "Rule"}
    assert classes == set(rule_names())
    assert len(rule_names()) == len(set(rule_names()))


@pytest.mark.parametrize("name", rule_names())
def test_every_rule_trains_a_network_alone_and_is_made_again_from_its_configuration(name):
    arguments = {"lag_ms": 30} if name in ("SCTT", "DASC", "GradientSkip") else {}
    rule = make_rule(name, **arguments | ({"schedule": (5, 1)} if name == "CD" else {}))
    run = train(TASK, suited(name), rule, 2, 4, evaluate_every=2, n_test=4)
    assert np.isfinite(run.metrics[-1]["loss"])
    assert make_rule(name, **rule.config).config == rule.config
    assert run.config["rule"]["name"] == name


def test_an_unknown_rule_or_argument_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'RFLO'"):
        make_rule("RFLOO")
    with pytest.raises(ValueError, match="Did you mean 'feedback'"):
        make_rule("RFLO", feedbak="random")


def test_the_table_tells_of_every_rule_what_it_is():
    lines, facts = rule_table().plain.splitlines(), facts_of_rules()
    assert list(facts) == list(rule_names())
    for name, rule in facts.items():
        (line,) = (line for line in lines if line.split()[:1] == [name])
        assert line.endswith(rule.sentence)
        assert rule.changes in line
    assert facts["RFLO"].local == facts["Compartments"].local == "yes"
    assert facts["RTRL"].local == facts["DNI"].local == "no"
    assert facts["RFLO"].changes == "by trial or bin"
    assert all(len(line) <= 80 for line in rule_table(80).plain.splitlines())


@pytest.mark.parametrize("name", rule_names())
def test_every_argument_of_a_rule_has_a_meaning(name):
    told = " ".join(cogdyn("rules", name).stdout.split())
    for argument, default in rule_arguments(name).items():
        shown = "needed" if default is inspect.Parameter.empty else repr(default)
        found = re.search(rf"\b{argument} {re.escape(shown)} (\S+)", told)
        assert found, argument
        assert found[1] not in {*rule_arguments(name), "from"}, argument


def test_a_rule_is_chosen_on_the_command_line(tmp_path):
    out = tmp_path / "run"
    words = ["train", "SensorimotorMapping", "--steps", "2", "--units", "8", "--rule", "RFLO", "--set", "dt=10"]
    result = cogdyn(*words, "--rule-set", "feedback=symmetric", "--out", out)
    assert result.exit_code == 0, result.output
    config = load_run(out).config["rule"]
    assert (config["name"], config["feedback"]) == ("RFLO", "symmetric")
    refused = cogdyn(*words, "--rule-set", "feedback", "--out", tmp_path / "other")
    assert refused.exit_code == 1
    assert "--rule-set 'feedback' is not NAME=VALUE" in refused.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", rule_names())
def test_the_arguments_of_a_rule_stay_what_they_were_when_it_was_made(name):
    """What is learned goes by them, and a run records them."""
    rule, argument = make_rule(name), next(iter(rule_arguments(name)))
    before = rule.config
    with pytest.raises(AttributeError, match=f"{argument} of {name} is set when the rule is made"):
        setattr(rule, argument, 0.5)
    assert rule.config == copy.deepcopy(rule).config == pickle.loads(pickle.dumps(rule)).config == before
