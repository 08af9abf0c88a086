"""The command ``cogdyn play``: do a task yourself, in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .errors import guarded
from .options import Debug, Modules
from .settings import folder as path
from .settings import task_with


def play(
    task: Annotated[str, typer.Argument(help="Name of the task; see *cogdyn tasks*.")],
    n_trials: Annotated[int | None, typer.Option(help="Trials; 20, or one session, by default.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A task's argument, NAME=VALUE; may be repeated.", metavar="NAME=VALUE"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the trials; fresh ones by default.")] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="Pace; 1 is the networks' own. By default 0.5, or less, so that you have a second to answer."
        ),
    ] = None,
    show_period: Annotated[bool, typer.Option("--show-period", help="Show the name of the period.")] = False,
    save: Annotated[
        Path | None,
        typer.Option(parser=path, help="Write a row for each trial to FILE.csv.", metavar="FILE.csv"),
    ] = None,
    modules: Modules = None,
    debug: Debug = False,
) -> None:
    """Do a task yourself, with the keys of the terminal, and compare your score with chance and the ideal observer."""

    def work() -> None:
        from ..player.terminal import play_in_terminal

        play_in_terminal(task_with(task, setting or []), n_trials, seed, speed, show_period, save)

    guarded(work, debug, modules)
