"""``cogdyn play``: a task in the terminal, at the pace of a clock, with keys that need no Enter."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live

from ...envs.gym.trial_table import check_choices, save_trials
from ...envs.task import Task
from .frame import frame, opening, room_for_inputs, rows_of
from .session import PlaySession

SMALLEST = (80, 24)
DRAWN_AT_LEAST_EVERY = 0.05
ESCAPES = {"A": "up", "B": "down", "C": "right", "D": "left"}
SCAN_CODES = {"H": "up", "P": "down", "M": "right", "K": "left"}


def play_in_terminal(
    task: Task,
    n_trials: int | None,
    seed: int | None,
    speed: float | None,
    show_period: bool = False,
    save: Path | None = None,
) -> PlaySession:
    """Let a person do a task in the terminal, until all trials are done or they quit; returns what they did.

    Args:
        task: The task.
        n_trials: Number of trials, see :class:`PlaySession`.
        seed: Seed of the trials.
        speed: Pace; 1 is the networks' own.
        show_period: Whether to show the name of the period.
        save: Where to write the trials done, a CSV file; also of a session that is stopped.

    Raises:
        ValueError: If a person cannot answer the task, or there is no terminal to play in.
        KeyboardInterrupt: If they press Ctrl-C; it reports what they scored so far.
    """
    session = PlaySession(task, n_trials, seed, speed)
    if save is not None:
        check_choices(task)
        if not save.parent.is_dir():
            raise ValueError(f"there is no folder {save.parent}; the trials could not be saved in it.")
    console = Console(highlight=False)
    if not sys.stdin.isatty() or not console.is_terminal or console.is_dumb_terminal:
        raise ValueError("play needs a terminal to read keys and to draw; in a notebook use cogdyn.lessons.play.")
    if console.width < SMALLEST[0] or console.height < SMALLEST[1]:
        raise ValueError(
            f"the terminal has {console.width} columns and {console.height} rows; play needs {SMALLEST[0]} and "
            f"{SMALLEST[1]}."
        )
    try:
        with Keyboard() as keyboard, Live(opening(session), console=console, screen=True, auto_refresh=False) as live:
            live.refresh()
            _Game(session, keyboard, live, show_period).play()
    except KeyboardInterrupt as stop:
        stop.args = ("\n".join(["Stopped.", *session.summary()]),)
        raise
    finally:
        if save is not None and session.n_scored:
            save_trials(session.table(), save)
    for line in [session.task.name, *session.summary()]:
        console.print(line)
    return session


class _Game:
    """One session on a screen, by the clock."""

    def __init__(self, session: PlaySession, keyboard: Keyboard, live: Live, show_period: bool):
        self.session, self.keyboard, self.live, self.show_period = session, keyboard, live, show_period
        height = min(live.console.height, 2 * SMALLEST[1])
        self.height = height
        self.rows = rows_of(session.task, room_for_inputs(session, height, show_period))
        self.drawn = 0.0

    def play(self) -> None:
        """Play all trials, or those before the key q."""
        keys: list[str] = []
        while not keys:
            keys = self.keyboard.read(1.0)
        if "q" in keys:
            return
        while not self.session.finished:
            self.session.begin()
            deadline = time.monotonic()
            while self.session.running:
                late = time.monotonic() - deadline
                deadline += self.session.seconds_per_bin + max(late, 0.0)
                if late < self.session.seconds_per_bin or time.monotonic() - self.drawn > DRAWN_AT_LEAST_EVERY:
                    self.draw()
                if not self.press_until(deadline):
                    return
                self.session.step()
            self.draw()
            if not self.press_until(time.monotonic() + self.session.pause):
                return

    def press_until(self, deadline: float) -> bool:
        """Press what is typed until the deadline; False as soon as the player quits."""
        while True:
            keys = self.keyboard.read(deadline - time.monotonic())
            for key in keys:
                if key == "q":
                    return False
                self.session.press(key)
            if keys:
                self.draw()
            if time.monotonic() >= deadline:
                return True

    def draw(self) -> None:
        """Draw this bin."""
        self.live.update(frame(self.session, self.rows, self.height, self.show_period), refresh=True)
        self.drawn = time.monotonic()


class Keyboard:
    """Keys as they are pressed, without Enter and without an echo; leaving restores the terminal."""

    def __enter__(self) -> Keyboard:
        """Take over the keyboard."""
        if sys.platform != "win32":
            import termios
            import tty

            self._stdin = sys.stdin.fileno()
            self._before: list[Any] = termios.tcgetattr(self._stdin)
            tty.setcbreak(self._stdin, termios.TCSANOW)
            # Ctrl-Z would leave a terminal without an echo to the shell.
            now = termios.tcgetattr(self._stdin)
            now[6][termios.VSUSP] = b"\0"
            termios.tcsetattr(self._stdin, termios.TCSANOW, now)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the keyboard back as it was, without what was typed and not read."""
        if sys.platform != "win32":
            import termios

            termios.tcsetattr(self._stdin, termios.TCSAFLUSH, self._before)

    def read(self, timeout: float) -> list[str]:
        """The keys pressed so far or, where there are none, within a timeout (s)."""
        if sys.platform == "win32":
            return self._read_windows(timeout)
        import select

        ready, _, _ = select.select([self._stdin], [], [], max(timeout, 0.0))
        if not ready:
            return []
        typed = os.read(self._stdin, 1024).decode(errors="ignore")
        if not typed:  # the terminal was closed
            raise KeyboardInterrupt
        return parse_keys(typed)

    def _read_windows(self, timeout: float) -> list[str]:
        if sys.platform != "win32":
            return []
        import msvcrt

        deadline, keys = time.monotonic() + timeout, []
        while not keys:
            while msvcrt.kbhit():
                key = msvcrt.getwch()
                if key == "\x03":
                    raise KeyboardInterrupt
                keys.append(SCAN_CODES.get(msvcrt.getwch(), "") if key in "\x00\xe0" else key)
            if time.monotonic() >= deadline:
                break
            time.sleep(0.002)
        return keys


def parse_keys(text: str) -> list[str]:
    """Keys in what a terminal sent: characters, and arrows by name; other escape sequences are skipped."""
    keys, i = [], 0
    while i < len(text):
        if text[i] == "\x1b" and text[i + 1 : i + 2] in ("[", "O"):
            end = i + 2
            while end < len(text) and not text[end].isalpha() and text[end] != "~":
                end += 1
            arrow = ESCAPES.get(text[end : end + 1])
            keys += [arrow] if arrow else []
            i = end + 1
            continue
        keys += [text[i]] if text[i] != "\x1b" else []
        i += 1
    return keys
