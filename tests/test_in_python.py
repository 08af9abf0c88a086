"""What `cogdyn train` prints at the end: Python that makes the same weights, to the byte."""

import re
import sys

import gymnasium as gym
import pytest
import torch
from typer.testing import CliRunner

from cogdyn import envs
from cogdyn.agents import load_run
from cogdyn.envs import make_task, task_names
from cogdyn.envs.registry import TASKS
from cogdyn.lessons.commands.in_python import task_in_python, training_in_python
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.commands.settings import task_with

QUICK = ["--steps", "2", "--units", "8", "--batch-size", "4"]
MODULE = """
from dataclasses import dataclass
from cogdyn.envs import register_task
from cogdyn.envs.tasks.inhibition import GoNogo

@register_task
@dataclass(frozen=True, kw_only=True)
class Quieter(GoNogo):
    noise: float = 0.02
"""


@pytest.fixture(autouse=True)
def forgotten():
    """Other tests see the tasks that are ours alone."""
    yield
    TASKS.pop("Quieter", None)
    gym.registry.pop("cogdyn/Quieter-v0", None)
    sys.modules.pop("quieter", None)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """The weights that a command trains, and those of the Python that it prints, each as bytes by name."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()

    def weights(*words):
        done = CliRunner().invoke(app, ["train", *map(str, words), "--out", "run"])
        assert done.exit_code == 0, done.output
        (code,) = re.findall(r"^The same in Python:\n\n(.*?\n)\n(?=Next|It did)", done.stdout, re.DOTALL | re.MULTILINE)
        assert max(map(len, code.splitlines())) <= 120
        space = {}
        exec(code, space)
        torch.set_num_threads(threads)
        return [bytes_of(run.network) for run in (load_run("run"), space["run"])], code

    return weights


def bytes_of(network):
    return {name: value.numpy().tobytes() for name, value in network.state_dict().items()}


WORDS = {
    "defaults": "DelayMatchSample --steps 2",
    "outputs that are no choices": "DelayedReach QUICK",
    "options of the network": "GoNogo QUICK --tau 50 --activation tanh --dale 0 --noise 0.1 --init orthogonal "
    "--self-connections --seed 3 --device cpu",
    "other arguments of the network": "GoNogo QUICK --init gaussian --network-set leak=rate --network-set density=0.5 "
    "--network-set frozen=['input'] --network-set seed=5 --network-set lesioned=[0,3]",
    "a rule": "GoNogo QUICK --rule RFLO --rule-set update_every=bin --lr 0.02",
    "rates in rows": "GoNogo QUICK --rule-set lr=[(0,0.01),(1,0.001)] --rule-set clip=None",
    "durations that vary": "DelayMatchSample QUICK --set delay_ms=Uniform(200,400) --set noise=0.3",
    "a preset": "yang19.dlygo QUICK --set preset=soo2023 --set delay_ms=Choice([200,400])",
    "a goal that is reached": "SensorimotorMapping --units 8 --batch-size 4 --steps 60 --stop-at 0.1",
}


@pytest.mark.parametrize("name", WORDS)
def test_the_python_makes_the_same_weights(trained, name):
    (theirs, ours), _ = trained(*WORDS[name].replace("QUICK", " ".join(QUICK)).split())
    assert theirs == ours


def test_a_training_that_was_resumed_is_written_as_one(trained):
    words = ["GoNogo", *QUICK, "--out", "run"]
    assert CliRunner().invoke(app, ["train", *words]).exit_code == 0
    (theirs, ours), code = trained(*words, "--resume", "--steps", 4)
    assert theirs == ours
    assert "resume" not in code


def test_a_task_of_ones_own_is_imported(trained, tmp_path, monkeypatch):
    (tmp_path / "quieter.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    (theirs, ours), code = trained("quieter:Quieter", *QUICK)
    assert theirs == ours
    assert "\nimport quieter\n" in code


def test_only_what_is_no_default_of_the_library_is_written_out():
    parts = {"network": {"seed": 0}, "learning": {}, "training": {"device": "auto", "seed": 0, "resume": True}}
    code = training_in_python(task_with("GoNogo", ["noise=0.1"]), "BPTT", **parts)
    assert code.endswith(
        "task = make_task('GoNogo')\n"
        "network = RateRNN(\n"
        "    task.n_inputs, 100, task.n_outputs, dt=task.dt, dale=0.8, noise=0.05, init='slow_mode',\n"
        "    self_connections=True,\n"
        ")\n"
        "run = train(task, network, BPTT())"
    )


@pytest.mark.parametrize("name", task_names()[::9])
def test_every_task_is_made_again(name):
    parts = {"network": {}, "learning": {}, "training": {}}
    task = task_with(name, ["noise=0.123", "grace_ms=40"])
    lines = training_in_python(task, "BPTT", **parts).partition("\nnetwork")[0].partition("torch.set")
    space = {}
    exec(f"{lines[0]}task = {lines[2].partition('task = ')[2]}", space)
    assert space["task"] == task


def test_the_help_says_where_the_defaults_differ():
    words = " ".join(CliRunner().invoke(app, ["train", "--help"]).stdout.split())
    assert "Unlike those of the library, its defaults are noisy units" in words
    assert "it ends with the Python that makes the same weights" in words


def test_tasks_made_of_tasks_are_written_with_these():
    for task in (
        make_task("PerceptualDecisionMaking", preset="ibl20"),
        envs.ReactionTime(task=make_task("GoNogo", noise=0.2)),
        envs.Mixture(tasks=(make_task("Stroop"), make_task("Flanker"))),
    ):
        assert eval(task_in_python(task), dict(vars(envs))) == task
