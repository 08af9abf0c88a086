"""Tasks done by a person in a terminal, by the clock."""

import os
import re
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from typer.testing import CliRunner

from cogdyn.envs import make_task
from cogdyn.envs.gym.trial_table import load_trials
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.figures.conditions import wilson_interval


class Terminal:
    """A pseudo-terminal of 80 x 24 with ``cogdyn play`` in it."""

    def __init__(self, *words):
        import fcntl
        import struct
        import termios

        self.ours, self.its = os.openpty()
        fcntl.ioctl(self.its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.its)
        self.written = b""
        env = {**os.environ, "TERM": "xterm-256color"}
        command = [sys.executable, "-m", "cogdyn", "play", *words]
        # A shell's background jobs ignore ctrl-c, and so would the child of tests run as one.
        hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        stdio = {"stdin": self.its, "stdout": self.its, "stderr": self.its}
        self.process = subprocess.Popen(command, **stdio, env=env, preexec_fn=hear)

    def read_until(self, done, key=b"", limit=600):
        """Read what is written, and press a key now and then, until the condition holds."""
        import select

        deadline, pressed = time.monotonic() + limit, 0.0
        while not done() and time.monotonic() < deadline:
            if select.select([self.ours], [], [], 0.05)[0]:
                self.written += os.read(self.ours, 65536)
            if key and time.monotonic() - pressed > 0.02:
                os.write(self.ours, key)
                pressed = time.monotonic()
        assert done(), self.written.decode()[-2000:]

    def end(self, key=b""):
        """Wait for the end; returns exit code, what was written, and whether the terminal is as before."""
        import select
        import termios

        self.read_until(lambda: self.process.poll() is not None, key)
        while select.select([self.ours], [], [], 0.1)[0]:
            self.written += os.read(self.ours, 65536)
        restored = termios.tcgetattr(self.its) == self.before
        os.close(self.ours)
        os.close(self.its)
        return self.process.returncode, self.written.decode(), restored


needs_pty = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")


@needs_pty
def test_two_trials_in_a_terminal():
    # There is much time to answer, also where the computer is busy: the first answer ends a trial.
    words = ["--n-trials", "2", "--seed", "0", "--speed", "10", "--set", "decision_ms=60000"]
    terminal = Terminal("PerceptualDecisionMaking", *words)
    terminal.read_until(lambda: b"Press any key to start" in terminal.written)
    code, text, restored = terminal.end(b"1")
    assert code == 0
    assert restored
    opened, closed = text.index("\x1b[?1049h"), text.index("\x1b[?1049l")
    assert opened < text.index("evidence left") < closed
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    result = text[closed:].replace("\r", "")
    batch = make_task("PerceptualDecisionMaking", decision_ms=60000).sample(64, seed=0)
    right = int((batch.targets[batch.lengths[:2] - 1, [0, 1]] == 1).sum())
    low, high = wilson_interval(right, 2)
    assert f"your score {right / 2:>11.1%}  of 2 trials (95 % interval {low:.1%} to {high:.1%})\n" in result
    assert re.search(r"chance +50\.0%\nideal observer +98\.\d%\n", result)


@needs_pty
@pytest.mark.parametrize(
    ("how", "code", "told"), [("q", 0, "No trial was done to its end."), ("ctrl-c", 130, "Stopped.")]
)
def test_leaving_restores_the_terminal(how, code, told):
    terminal = Terminal("DelayMatchSample")
    terminal.read_until(lambda: b"Press any key to start" in terminal.written)
    os.write(terminal.ours, b" ")
    terminal.read_until(lambda: b"trial 1 of 20" in terminal.written)
    if how == "q":
        os.write(terminal.ours, b"q")
    else:
        terminal.process.send_signal(signal.SIGINT)
    returned, text, restored = terminal.end()
    assert returned == code
    assert restored
    assert told in text[text.index("\x1b[?1049l") :]
    assert "Traceback" not in text


@needs_pty
def test_trials_are_saved_also_of_a_session_that_is_stopped(tmp_path):
    for name, n, stop in (("whole", "2", b""), ("part", "20", b"q")):
        file = tmp_path / f"{name}.csv"
        terminal = Terminal("PerceptualDecisionMaking", "--n-trials", n, "--speed", "20", "--save", str(file))
        if stop:
            terminal.read_until(lambda terminal=terminal: b"trial 2 of 20" in terminal.written, b"1")
        assert terminal.end(stop or b"1")[0] == 0
        table = load_trials(file)
        assert len(table["choice"]) >= 1
        assert set(table["choice"]) <= {0, 1}
        assert {"coherence", "side", "reaction_ms", "previous_choice"} < set(table)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["DelayMatchSample"],
            "play needs a terminal to read keys and to draw; in a notebook use cogdyn.lessons.play.",
        ),
        (["DelayMatchSampel"], "Did you mean 'DelayMatchSample'?"),
        (["DelayMatchSample", "--n-trials", "0"], "n_trials is 0; it must be at least 1."),
        (["DelayMatchSample", "--speed", "0"], "speed is 0.0; it must be above 0"),
        (["DelayedReach", "--set", "output=emg"], "more than a person can give with keys"),
        (["NBack", "--save", "me.csv"], "a row of behaviour holds one choice; a trial of NBack has"),
        (["DelayMatchSample", "--save", "no/folder/me.csv"], "there is no folder no/folder"),
    ],
)
def test_refusals_are_one_line(words, message):
    result = CliRunner().invoke(app, ["play", *words])
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_help_has_an_example_and_says_the_pace():
    text = " ".join(CliRunner().invoke(app, ["play", "--help"]).stdout.replace("│", "").split())
    assert "Example: cogdyn play" in text
    assert "By default 0.5" in text
