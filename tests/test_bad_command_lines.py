"""Command lines that make no sense: each gets one short line in our words, no traceback, and leaves no file behind."""

import io
import os
import re
import shlex
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cogdyn.agents import network_for, train
from cogdyn.agents.rules import BPTT
from cogdyn.envs import make_task
from cogdyn.lessons.commands import main as command_line
from cogdyn.lessons.commands.main import app

DIGITS = "1" * 200
NONSENSE = ("x", "nan", "inf", "-1", "''", DIGITS)
VALUES = ("x", "-1", "[]", "None")
NUMBERS = ("steps", "units", "batch-size", "seed", "tau", "noise", "lr", "stop-at", "dale")
SETTINGS = ("dt", "noise", "delay_ms", "n_stimuli", "ring", "grace_ms")
NETWORK = ("n_units", "leak", "density", "seed")
RULE = ("lr", "clip")
LEGAL = {"train GoNogo --rule-set clip=None", f"train GoNogo --tau {DIGITS}", f"train GoNogo --noise {DIGITS}"}

LINES = [
    *(f"train GoNogo --{name} {value}" for name in NUMBERS for value in NONSENSE),
    *(f"train DelayMatchSample --set {name}={value}" for name in SETTINGS for value in VALUES),
    *(f"train GoNogo --network-set {name}={value}" for name in NETWORK for value in VALUES),
    *(f"train GoNogo --rule-set {name}={value}" for name in RULE for value in VALUES),
    "train",
    "train ''",
    "train GoNogo extra",
    "train GoNogo --stpes 3",
    "train GoNogo --rule bptt",
    "train GoNogo --rule ''",
    "train GoNogo --rule-set lr=[1]",
    "train GoNogo --rule-set lr=[[1]]",
    "train GoNogo --rule-set rate=1",
    "train GoNogo --network-set units=4",
    "train GoNogo --set name=x",
    "train GoNogo --set noise=1e300",
    f"train DelayMatchSample --set n_stimuli={10**22}",
    "train NBack --set n_items=1000000000",
    "train GoNogo --network-set dt=3",
    "train GoNogo --network-set n_inputs=3",
    "train GoNogo --set preset=x",
    "train GoNogo --set dt",
    "train GoNogo --set =3",
    "train GoNogo --set dt=10 --set dt=20",
    'train DelayMatchSample --set \'delay_ms=Uniform("a","b")\'',
    "train DelayMatchSample --set 'delay_ms=Uniform(200)'",
    "train DelayMatchSample --set 'delay_ms=Uniform(400, 200)'",
    "train DelayMatchSample --set 'delay_ms=Choice(3)'",
    "train DelayMatchSample --set 'delay_ms=Uniform(float(1), 3)'",
    f"train DelayMatchSample --set dt={DIGITS}",
    "train GoNogo --lr 0.1 --rule-set lr=0.2",
    "train GoNogo --units 8 --network-set n_units=9",
    "train GoNogo --tau 50 --network-set tau=60",
    "train GoNogo --device cpu:5",
    "train GoNogo --device meta",
    "train GoNogo --device hpu",
    "train GoNogo --device ''",
    "train GoNogo --out ''",
    "train GoNogo --out run --resume",
    "train GoNogo --activation ''",
    "train GoNogo --init x",
    "show",
    "show ''",
    "show nowhere",
    "tasks x",
    "tasks ''",
    "rules x",
    "rules ''",
    "play x",
    "play GoNogo --n-trials 0",
    "play GoNogo --speed nan",
    "play GoNogo --speed 0",
    "play GoNogo --seed -1",
    "study x",
    "study ''",
    "study soo2023 --out ''",
    "study soo2023 --backend x",
    "study soo2023 --scheduler tcp://x:1",
    "study soo2023 --jobs 0",
    "study soo2023 --jobs x",
    "lessons '' --no-open",
    "book --out ''",
    "assignment release ''",
    "assignment release out --only 99",
    "assignment release out --only x",
    "assignment release out --instructor --student anna",
    "assignment release out --students nowhere.txt",
    "assignment check ''",
    "assignment check nowhere.ipynb",
    "assignment grade ''",
    "assignment grade nowhere",
    "assignment grade . --out ''",
    "assignment grade . --out .",
    "assignment grade nowhere --jobs 0",
    "assignment x",
    "x",
]


@pytest.mark.parametrize("line", [line for line in LINES if line not in LEGAL])
def test_a_line_that_makes_no_sense(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, shlex.split(line))
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (1, 2)
    assert re.search("error|Error|Usage", result.stderr)
    assert "Traceback" not in result.output
    assert len(result.stderr) < 1500
    assert not re.search(r"\d{60}", result.stderr) or result.exit_code == 2
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("train GoNogo --lr 1e300", "--lr is 1e+300; it must be below 3.4e+38 in size."),
        ("train GoNogo --rule-set clip=1e300", "--rule-set clip is 1e+300; it must be below 3.4e+38 in size."),
        ("train GoNogo --set noise=1e300", "noise is 1e+300; it must be below 3.4e+38 in size."),
        (
            "train GoNogo --device hpu",
            "device 'hpu' is not there; allowed: 'auto', 'cpu', or a GPU that PyTorch sees.",
        ),
        ("train GoNogo --network-set dt=3", "--network-set dt is the task's own; leave it out."),
        ("train NBack --set n_items=1000000000", "n_items is 1000000000; it must be at most 100,000."),
        ("train GoNogo --units 9999999999", "memory does not suffice for 9,999,999,999 units: "),
        ("assignment grade . --out .", ". is the name of a folder; name a table, for example grades.csv."),
    ],
)
def test_a_line_that_makes_no_sense_is_answered_in_our_words(line, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "anna.ipynb").write_text("{}")
    assert f"error: {words}" in CliRunner().invoke(app, shlex.split(line)).stderr


def test_a_run_in_a_folder_that_cannot_be_written_is_shown(tmp_path, monkeypatch):
    task = make_task("GoNogo")
    train(task, network_for(task, n_units=4), BPTT(), 1, 2, n_test=2, device="cpu", out=tmp_path / "run")

    def refused(figure, path):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("cogdyn.lessons.commands.run_report.write_figure", refused)
    result = CliRunner().invoke(app, ["show", str(tmp_path / "run")])
    assert result.exit_code == 0
    assert "GoNogo, 4 units, BPTT, 1 updates" in result.stdout
    assert "its picture could not be written: Read-only file system" in result.stdout


def test_a_terminal_without_letters_gets_question_marks(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(command_line, "app", lambda words: command_line.console.print("in übung/"))
    command_line.main()
    terminal.flush()
    assert terminal.buffer.getvalue() == b"in ?bung/\n"


@pytest.mark.parametrize("module", ["cogdyn.lessons.commands.main", "cogdyn.lessons"])
def test_ctrl_c_while_modules_load_leaves_no_traceback(module):
    stop = f"""
import sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
import cogdyn.__main__
sys.meta_path.insert(0, Stop())
cogdyn.__main__.main()
"""
    result = subprocess.run([sys.executable, "-c", stop], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (130, "Stopped.\n")


def test_there_are_many_lines():
    assert len({*LINES} - LEGAL) >= 150
