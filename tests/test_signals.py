"""Ctrl-C, the end of a cluster's time (SIGTERM) and a closed terminal (SIGHUP): what is done is kept, nothing stays."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from cogdyn.agents import load_run, network_for, train
from cogdyn.agents.rules import BPTT
from cogdyn.agents.training.files import locked
from cogdyn.envs import make_task
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.commands.progress import TrainingProgress

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for a single process")

TASK = make_task("GoNogo")
FEW = {"batch_size": 2, "n_test": 4, "evaluate_every": 100, "device": "cpu"}
SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]


@contextmanager
def handled_by(name, handler):
    before = signal.signal(signal.Signals[name], handler)
    try:
        yield
    finally:
        signal.signal(signal.Signals[name], before)


def at_step(k, name):
    def progress(step, metrics):
        if step == k:
            os.kill(os.getpid(), signal.Signals[name])

    return progress


def training(out, steps=6, **arguments):
    return train(TASK, network_for(TASK, n_units=4), BPTT(), steps, out=out, **FEW | arguments)


class Asked(Exception):
    pass


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("ensemble", [None, 2])
def test_a_handler_acts_when_the_update_is_kept(name, ensemble, tmp_path):
    def stop(number, frame):
        raise Asked(signal.Signals(number).name)

    with handled_by(name, stop), pytest.raises(Asked, match=name):
        training(tmp_path, ensemble=ensemble, progress=at_step(3, name))
    folders = [tmp_path] if ensemble is None else [tmp_path / "network-1", tmp_path / "network-2"]
    assert [load_run(folder).step for folder in folders] == [4] * len(folders)
    with locked(tmp_path):
        pass
    resumed, whole = training(tmp_path, resume=True, ensemble=ensemble), training(None, ensemble=ensemble)
    pairs = [(resumed, whole)] if ensemble is None else zip(resumed, whole, strict=True)
    for ours, theirs in pairs:
        assert (ours.network.recurrent == theirs.network.recurrent).all()


@pytest.mark.parametrize("name", SIGNALS)
def test_a_handler_that_only_notes_lets_the_training_go_on(name, tmp_path):
    noted = []

    def note(number, frame):
        noted.append((number, load_run(tmp_path).step))

    with handled_by(name, note):
        assert training(tmp_path, progress=at_step(3, name)).step == 6
        assert signal.getsignal(signal.Signals[name]) is note
    assert noted == [(signal.Signals[name], 4)]


@pytest.mark.parametrize("name", SIGNALS)
def test_an_ignored_signal_stays_ignored(name, tmp_path):
    """So ``nohup`` and ``&`` work as for any program."""
    with handled_by(name, signal.SIG_IGN):
        assert [row["step"] for row in training(tmp_path, progress=at_step(3, name)).metrics] == [6]
        result = CliRunner().invoke(app, ["rules", "BPTT"])
        assert signal.getsignal(signal.Signals[name]) == signal.SIG_IGN
    assert result.exit_code == 0


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_in_the_last_update_is_not_lost(name, tmp_path):
    def stop(number, frame):
        raise Asked

    with handled_by(name, stop), pytest.raises(Asked):
        training(tmp_path, progress=at_step(6, name))
    assert load_run(tmp_path).step == 6


def test_without_a_handler_the_program_ends_as_ever_and_the_checkpoint_is_there(tmp_path):
    script = f"""
import os, signal
from cogdyn.agents import RateRNN, train
from cogdyn.agents.rules import BPTT
from cogdyn.envs import make_task
task = make_task("GoNogo")
def stop(step, metrics):
    if step == 3:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)  # as timeout does
train(task, RateRNN(task.n_inputs, 4, task.n_outputs), BPTT(), out={str(tmp_path)!r}, progress=stop, **{FEW!r})
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == -signal.SIGTERM, result.stderr
    assert result.stderr == ""
    assert load_run(tmp_path).step == 4
    assert sorted(os.listdir(tmp_path)) == ["metrics.csv", "model.safetensors"]


@pytest.mark.parametrize("name", SIGNALS)
def test_the_command_ends_with_a_checkpoint_and_the_code_of_the_signal(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(TrainingProgress, "__call__", lambda self, *seen: at_step(3, name)(*seen))
    words = ["train", "GoNogo", "--units", "4", "--batch-size", "2", "--steps", "6", "--stop-at", "1"]
    default = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
    with handled_by(name, default):
        result = CliRunner().invoke(app, words)
        assert signal.getsignal(signal.Signals[name]) == default
    assert result.exit_code == 128 + signal.Signals[name]
    assert result.stderr == (
        "\nStopped after a checkpoint. The same command with --out runs/GoNogo --resume resumes it.\n"
    )
    assert load_run("runs/GoNogo").step == 4
    assert sorted(os.listdir("runs/GoNogo")) == ["metrics.csv", "model.safetensors"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_terminal_that_closes_leaves_a_checkpoint(tmp_path):
    """What the command writes last goes nowhere, and is no error."""
    import pty

    words = ["-m", "cogdyn", "train", "GoNogo", "--units", "4", "--batch-size", "2", "--stop-at", "1"]
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a background job begins deaf
        os.execv(sys.executable, [sys.executable, *words, "--steps", "1000000", "--out", str(tmp_path / "run")])
    try:
        while not (tmp_path / "run/metrics.csv").exists():
            os.read(terminal, 65536)  # progress, which comes many times a second, and fails when the command has ended
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 128 + signal.SIGHUP
    assert sorted(os.listdir(tmp_path / "run")) == ["metrics.csv", "model.safetensors"]
    assert load_run(tmp_path / "run").step >= 50
