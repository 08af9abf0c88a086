import inspect
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial

import matplotlib.image
import pytest
from typer.testing import CliRunner

from cogdyn.agents import load_run, network_for, train
from cogdyn.agents.rules.catalogue import make_rule
from cogdyn.envs import Choice, Uniform, make_task, task_names
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.commands.options import in_options
from cogdyn.lessons.commands.settings import parse_settings
from cogdyn.lessons.commands.train import fresh_folder

QUICK = ["--steps", "2", "--units", "8", "--batch-size", "4"]


@pytest.fixture
def cogdyn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_tasks_lists_every_task(cogdyn):
    result = cogdyn("tasks")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in task_names())


def test_train_leaves_a_run_with_its_picture_and_says_so(cogdyn, tmp_path):
    result = cogdyn("train", "DelayMatchSample", *QUICK, "--set", "delay_ms=Uniform(200, 400)", "--set", "n_stimuli=4")
    assert result.exit_code == 0, result.output
    assert re.search(r"\d+\.\d% correct on 1,000 fresh trials after 2 updates \(chance 50\.0%", result.stdout)
    for shown in ("summary.png", "metrics.csv", "model.safetensors", "Next:", "cogdyn show"):
        assert shown in result.stdout
    folder = tmp_path / "runs/DelayMatchSample"
    assert sorted(os.listdir(folder)) == ["metrics.csv", "model.safetensors", "summary.png"]
    height, width, _ = matplotlib.image.imread(folder / "summary.png").shape
    assert width > height > 800
    run = load_run(folder)
    assert run.task.delay_ms == Uniform(200, 400)
    assert run.network.n_units == 8


@pytest.mark.parametrize(
    ("task", "words", "start"),
    [
        ("DelayResponse", [], ("slow_mode", True)),
        ("DelayResponse", ["--init", "gaussian"], ("gaussian", False)),
        ("DelayResponse", ["--init", "gaussian", "--self-connections"], ("gaussian", True)),
        ("DelayResponse", ["--activation", "tanh"], ("gaussian", False)),
        ("DelayedReach", [], ("gaussian", False)),
        ("DelayedReach", ["--init", "slow_mode"], ("slow_mode", True)),
    ],
)
def test_train_starts_as_suits_the_task_or_as_it_is_told(cogdyn, tmp_path, task, words, start):
    result = cogdyn("train", task, *QUICK, *words)
    assert result.exit_code == 0, result.output
    config = load_run(tmp_path / "runs" / task).network.config
    assert (config["init"], config["self_connections"]) == start


def test_a_second_training_takes_a_fresh_folder(cogdyn, tmp_path):
    for _ in range(2):
        assert cogdyn("train", "DelayedReach", *QUICK).exit_code == 0
    assert sorted(os.listdir(tmp_path / "runs")) == ["DelayedReach", "DelayedReach-2"]
    with (
        fresh_folder(tmp_path / "runs", "DelayedReach") as third,
        fresh_folder(tmp_path / "runs", "DelayedReach") as fourth,
    ):
        assert (third.name, fourth.name) == ("DelayedReach-3", "DelayedReach-4")
    assert sorted(os.listdir(tmp_path / "runs")) == ["DelayedReach", "DelayedReach-2"]


def test_resume_goes_on(cogdyn):
    cogdyn("train", "DelayedReach", *QUICK, "--stop-at", 1)
    result = cogdyn("train", "DelayedReach", *QUICK, "--stop-at", 1, "--resume", "--steps", 4)
    assert result.exit_code == 0, result.output
    assert "after 4 updates" in result.stdout


def test_show_draws_the_summary_anew(cogdyn, tmp_path):
    cogdyn("train", "ReadySetGo", *QUICK)
    picture = tmp_path / "runs/ReadySetGo/summary.png"
    picture.unlink()
    result = cogdyn("show", "runs/ReadySetGo")
    assert result.exit_code == 0, result.output
    assert "ReadySetGo, 8 units, BPTT, 2 updates" in result.stdout
    assert picture.exists()


@pytest.mark.parametrize("rule", ["BPTT", "NodePerturbation"])
def test_the_defaults_are_those_of_the_library(cogdyn, tmp_path, rule):
    result = cogdyn("train", "GoNogo", "--steps", 1, "--stop-at", 1, "--rule", rule)
    assert result.exit_code == 0, result.output
    task = make_task("GoNogo")
    ours = load_run(tmp_path / "runs/GoNogo").config
    theirs = train(task, network_for(task), make_rule(rule), 1).config
    assert ours == theirs


def test_the_help_states_the_defaults_of_the_library(cogdyn):
    words = " ".join(cogdyn("train", "--help").stdout.replace("│", " ").split())
    network, training = network_for(make_task("GoNogo")), inspect.signature(train).parameters
    stated = {"steps": "updates;", "units": "network;", "tau": "constant (ms);", "dale": "Dale's law;"}
    stated |= {"noise": "process noise;", "activation": "or sigmoid;", "batch_size": "update;"}
    values = {"steps": training["steps"].default, "batch_size": training["batch_size"].default}
    values |= {"units": network.n_units, "tau": 100, "dale": 0.8, "noise": network.noise, "activation": "relu"}
    assert network.config["tau"] == [100.0] * 100
    assert (network.config["dale"], network.config["activation"]) == (0.8, "relu")
    for name, before in stated.items():
        assert f"{before} {values[name]} by default" in words


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--rule", "RewardHebbian"], ["--activation", "tanh", "--set", "dt=5"]),
        (["--rule", "FORCE"], ["--dale", 0]),
        (["--rule", "DNI"], ["--network-set", "leak=rate", "--rule-set", "jacobian=learned"]),
    ],
)
def test_rules_that_need_a_certain_network_get_it_by_options(cogdyn, tmp_path, words, options):
    result = cogdyn("train", "GoNogo", *QUICK, "--stop-at", 1, *words, *options)
    assert result.exit_code == 0, result.output
    own = make_rule(words[1]).config
    ours = load_run(tmp_path / "runs/GoNogo").config["rule"]
    assert {name: ours[name] for name in own if name != "jacobian"} == {k: v for k, v in own.items() if k != "jacobian"}


def test_messages_name_options(cogdyn):
    assert cogdyn("train", "GoNogo", *QUICK, "--out", "r", "--stop-at", 1).exit_code == 0
    again = cogdyn("train", "GoNogo", *QUICK, "--out", "r", "--stop-at", 1).stderr
    assert "r holds a run already; choose another folder, or --resume to resume it." in again
    other = cogdyn("train", "GoNogo", *QUICK, "--out", "r", "--stop-at", 1, "--resume", "--seed", 3, "--lr", 0.1).stderr
    assert other == "error: r was trained with another network: --seed is 3 and was 0.\n"
    force = cogdyn("train", "DelayedReach", *QUICK, "--rule", "FORCE").stderr
    assert "--dale 0" in force
    assert "--self-connections" in force
    assert "dale=None" not in force
    assert "self_connections" not in force


def test_in_options():
    options, network, rule = (
        ["resume", "dale", "stop_at", "self_connections"],
        ["leak", "density"],
        ["update_every", "lr_apical"],
    )
    settings = {"network_set": network, "rule_set": rule}
    for message, expected in {
        "stop_at is 7; allowed: a score": "--stop-at is 7; allowed: a score",
        "use dale=None, or resume=True": "use --dale 0, or --resume",
        "self_connections=False": "--no-self-connections",
        "update_every='bin' goes with leak='rate'": "--rule-set update_every=bin goes with --network-set leak=rate",
        "update_every is 3; density is 0.": "--rule-set update_every is 3; --network-set density is 0.",
        "try lr_apical=0.01": "try --rule-set lr_apical=0.01",
        "its update, which is": "its update, which is",
    }.items():
        assert in_options(message, options, **settings) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "DelayMatchSampel"], "unknown task 'DelayMatchSampel'. Did you mean 'DelayMatchSample'?"),
        (["train", "DelayMatchSample", "--init", "slow"], "unknown initialisation 'slow'. Did you mean 'slow_mode'?"),
        (["train", "DelayMatchSample", "--set", "delay=3"], "Did you mean 'delay_ms'?"),
        (["train", "DelayMatchSample", "--set", "delay_ms=510"], "the nearest are 500 and 520"),
        (["train", "DelayMatchSample", "--set", "delay_ms"], "is not NAME=VALUE"),
        (["train", "DelayMatchSample", "--set", "delay_ms=__import__('os')"], "is not NAME=VALUE"),
        (["train", "DelayMatchSample", "--activation", "tahn"], "Did you mean 'tanh'?"),
        (["train", "DelayMatchSample", "--dale", "1.5"], "inside (0, 1)"),
        (["train", "DelayMatchSample", "--device", "tpu9"], "device 'tpu9' is not there"),
        (["train", "DelayMatchSample", "--resume"], "no run to resume"),
        (["train", "DelayMatchSample", "--steps", "0"], "--steps is 0; it must be at least 1"),
        (["train", "DelayMatchSample", "--seed", "-1"], "--seed is -1; it must be at least 0"),
        (["train", "DelayMatchSample", "--lr", "1e30", "--units", "10"], "training with BPTT diverged at step"),
        (["show", "nowhere"], "nowhere holds no run"),
        (["lessons", "--no-open", __file__], "is a file; name a folder"),
        (["slides", __file__], "is a file; name a folder"),
        (["slides", "new", "--lesson", "bridge"], "Did you mean 'bridges'?"),
    ],
)
def test_mistakes_get_one_line_and_no_traceback(cogdyn, words, message, tmp_path):
    result = cogdyn(*words)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_debug_shows_the_traceback(cogdyn):
    result = cogdyn("show", "nowhere", "--debug")
    assert isinstance(result.exception, ValueError)


@pytest.mark.parametrize("command", ["tasks", "train", "show", "study", "lessons", "book", "slides"])
def test_help_has_an_example(cogdyn, command):
    result = cogdyn(command, "--help")
    assert result.exit_code == 0
    assert f"Example: cogdyn {command}" in " ".join(result.stdout.split())


def test_settings():
    found = parse_settings(["a=3", "b=2.5", "c=held", "d=Choice([200, 400])", "e=(0.1, 0.2)", "f='x'"])
    assert found == {"a": 3, "b": 2.5, "c": "held", "d": Choice([200, 400]), "e": (0.1, 0.2), "f": "x"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_exits_with_its_code_and_a_checkpoint_and_the_run_resumes(tmp_path, number):
    words = [sys.executable, "-m", "cogdyn", "train", "DelayMatchSample", "--units", "8", "--batch-size", "4"]
    words += ["--stop-at", "1", "--out", str(tmp_path / "run")]
    hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a background job begins deaf
    process = subprocess.Popen([*words, "--steps", "100000"], stderr=subprocess.PIPE, text=True, preexec_fn=hear)
    deadline = time.monotonic() + 600
    while not (tmp_path / "run/metrics.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 128 + number
    assert f"The same command with --out {tmp_path / 'run'} --resume resumes it." in errors
    assert "Traceback" not in errors
    assert sorted(os.listdir(tmp_path / "run")) == ["metrics.csv", "model.safetensors"]
    step = load_run(tmp_path / "run").step
    result = subprocess.run([*words, "--steps", str(step + 1), "--resume"], capture_output=True, text=True, check=True)
    assert f"after {step + 1} updates" in result.stdout


def test_show_and_train_score_a_run_alike(cogdyn, tmp_path):
    words = ("DelayMatchSample", *QUICK, "--seed", 3, "--set", "delay_ms=200", "--lr", 0.002)
    trained = cogdyn("train", *words).stdout
    picture = tmp_path / "runs/DelayMatchSample/summary.png"
    drawn = picture.read_bytes()
    shown = cogdyn("show", "runs/DelayMatchSample").stdout
    score = re.search(r"\d+\.\d% correct on 1,000 fresh trials after 2 updates", trained)
    assert score[0] in shown
    assert picture.read_bytes() == drawn
    for said in ("delay_ms=200", "lr=0.002", "seed=3", "batch_size=4", "RateRNN(", "8, "):
        assert said in shown


def test_what_helps_after_failure_and_what_is_next_after_success(cogdyn, tmp_path):
    failed = cogdyn("train", "DelayMatchSample", *QUICK).stdout
    assert "It did not reach 98.0%. What may help: the same command with one of" in failed
    assert "harder" not in failed
    for option in ("--out runs/DelayMatchSample --resume --steps 4", "--lr 0.00033"):
        assert f"  {option} " in failed
    assert re.search(r"  --set delay_ms=\d+ +a shorter delay", failed)
    assert cogdyn("train", "DelayMatchSample", *QUICK, "--set", "delay_ms=500").exit_code == 0
    reached = cogdyn("train", "DelayMatchSample", *QUICK, "--stop-at", 0.01).stdout
    assert "Next: harder" in reached
    assert "--set delay_ms=1500" in reached


def test_lines_break_at_words_where_columns_are_few(tmp_path):
    environment = os.environ | {"COLUMNS": "80"}
    command = [sys.executable, "-m", "cogdyn", "assignment", "list"]
    lines = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.splitlines()
    assert max(map(len, lines)) <= 80
