"""The command ``cogdyn``: look at tasks, train a network, show the run, run a study, the lessons, the book."""

from __future__ import annotations

import io
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from .class_progress import assignments_app
from .course import book, lessons, slides
from .errors import guarded
from .options import Debug, Modules, set_options
from .play import play
from .settings import folder as path
from .settings import joined, task_with
from .terminal import terminal_console

app = typer.Typer(
    name="cogdyn",
    help="Cognitive tasks, the networks that learn them, and lessons about how they do it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(assignments_app, name="assignment")
console = terminal_console()


@app.command(epilog="Example: **cogdyn tasks DelayMatchSample**")
def tasks(
    task: Annotated[str | None, typer.Argument(help="Name of a task, to describe.")] = None,
    modules: Modules = None,
    debug: Debug = False,
) -> None:
    """List the tasks: response, inputs, outputs, length, chance, channels; or describe one."""

    def work() -> None:
        from .task_table import task_in_words, task_table

        width = console.width if console.is_terminal else None
        console.print(task_table(width) if task is None else task_in_words(task))

    guarded(work, debug, modules)


@app.command(epilog="Example: **cogdyn rules RFLO**")
def rules(
    rule: Annotated[str | None, typer.Argument(help="Name of a rule, to describe.")] = None,
    modules: Modules = None,
    debug: Debug = False,
) -> None:
    """List the learning rules: when weights change, whether they are local, what they are; or describe one."""

    def work() -> None:
        from .rule_table import rule_in_words, rule_table

        width = console.width if console.is_terminal else None
        console.print(rule_table(width) if rule is None else rule_in_words(rule, own=bool(modules)))

    guarded(work, debug, modules)


@app.command(epilog="Example: **cogdyn train DelayMatchSample --set delay_ms=1000 --steps 2000 --out runs/long-delay**")
def train(
    task: Annotated[str, typer.Argument(help="Name of the task; see *cogdyn tasks*.")],
    steps: Annotated[int | None, typer.Option(help="Maximum number of updates; 1000 by default.")] = None,
    units: Annotated[int | None, typer.Option(help="Number of units of the network; 100 by default.")] = None,
    tau: Annotated[float | None, typer.Option(help="Time constant (ms); 100 by default.")] = None,
    activation: Annotated[
        str | None, typer.Option(help="tanh, relu, rectified_tanh, softplus or sigmoid; relu by default.")
    ] = None,
    dale: Annotated[
        float | None, typer.Option(help="Excitatory fraction, 0 for no Dale's law; 0.8 by default.")
    ] = None,
    noise: Annotated[
        float | None, typer.Option(help="Standard deviation of the process noise; 0.05 by default.")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="Initial weights: gaussian, orthogonal, ...; by default slow_mode, in which units excite themselves, "
            "for relu and tasks whose answers are choices, and gaussian for all others."
        ),
    ] = None,
    self_connections: Annotated[
        bool | None, typer.Option(help="Let units have synapses to themselves; by default slow_mode alone does.")
    ] = None,
    network_setting: Annotated[
        list[str] | None,
        typer.Option(
            "--network-set", help="Another argument of RateRNN, NAME=VALUE; may be repeated.", metavar="NAME=VALUE"
        ),
    ] = None,
    rule: Annotated[str, typer.Option(help="Learning rule; see *cogdyn rules*.")] = "BPTT",
    rule_setting: Annotated[
        list[str] | None,
        typer.Option("--rule-set", help="A rule's argument, NAME=VALUE; may be repeated.", metavar="NAME=VALUE"),
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate; the rule's own by default.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Trials in each update; 64 by default.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, trials and noise.")] = 0,
    stop_at: Annotated[
        float | None,
        typer.Option(help="Score, from 0 to 1, to stop at; 96 % of the way from chance to the ceiling by default."),
    ] = None,
    readout_bias: Annotated[
        str | None,
        typer.Option(help="targets: begin with outputs at the mean targets; by default with the network's own."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A task's argument, NAME=VALUE; may be repeated.", metavar="NAME=VALUE"),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    out: Annotated[Path | None, typer.Option(parser=path, help="Folder of the run; runs/TASK by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume the run in the folder.")] = False,
    modules: Modules = None,
    debug: Debug = False,
) -> None:
    """Train a rate network on a task, and draw what it does.

    Unlike those of the library, its defaults are noisy units, 80 % of them excitatory, and a score to stop at; it ends
    with the Python that makes the same weights.
    """

    def work() -> None:
        from .train import errors_in_options, fresh_folder, train_and_report

        chosen = task_with(task, setting or [])
        network = set_options(n_units=units, tau=tau, activation=activation, noise=noise, init=init, seed=seed)
        network |= set_options(self_connections=self_connections) | ({} if dale is None else {"dale": dale or None})
        network = joined(network, network_setting or [], "--network-set")
        learning = joined(set_options(lr=lr), rule_setting or [], "--rule-set")
        training = set_options(
            steps=steps, batch_size=batch_size, seed=seed, stop_at=stop_at, device=device, resume=resume
        ) | set_options(readout_bias=readout_bias)
        parts = {"network": network, "learning": learning, "training": training}
        with errors_in_options(rule), ExitStack() as stack:
            folder = out
            if folder is None:
                runs = Path("runs")
                name = chosen.name
                folder = runs / name if resume else stack.enter_context(fresh_folder(runs, name))
            train_and_report(console, chosen, rule, **parts, folder=folder)

    guarded(work, debug, modules)


@app.command(epilog="Example: **cogdyn show runs/DelayMatchSample**")
def show(
    run: Annotated[Path, typer.Argument(parser=path, help="Folder of the run.")],
    modules: Modules = None,
    debug: Debug = False,
) -> None:
    """State what a run is and how well it does, and draw its summary again."""

    def work() -> None:
        from ...agents import load_run
        from ..figures.summary import fresh_trials
        from .run_report import print_run, print_score, write_summary

        loaded = load_run(run)
        fresh = fresh_trials(loaded)
        print_run(console, loaded)
        print_score(console, fresh, loaded)
        console.print(write_summary(loaded, fresh, run), markup=False)

    guarded(work, debug, modules)


app.command(epilog="Example: **cogdyn play PerceptualDecisionMaking --n-trials 10**")(play)


@app.command(epilog="Example: **cogdyn study soo2023 --quick**")
def study(
    name: Annotated[str, typer.Argument(help="Name of the study, as the paper's first author and year.")],
    quick: Annotated[bool, typer.Option("--quick", help="A small version that ends in minutes.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(parser=path, help="Folder of the study; runs/study-NAME, or runs/study-NAME-quick, by default."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Runs at once; one for each core by default.")] = None,
    backend: Annotated[str, typer.Option(help="local: processes of this machine. dask: a cluster.")] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the cluster's scheduler.", metavar="tcp://HOST:PORT")
    ] = None,
    debug: Debug = False,
) -> None:
    """Run a paper's experiment: many trainings, a table of what was measured, figures. Running it again resumes it."""

    def work() -> None:
        from ..studies import load_study
        from ..studies.runner import plan, run_study, write_report
        from .progress import RunsProgress

        chosen = load_study(name)
        folder = out or Path("runs") / f"study-{name}{'-quick' if quick else ''}"
        runs = len(plan(chosen, quick))
        with RunsProgress(runs) as progress:
            table = run_study(chosen, folder, quick, jobs=jobs, backend=backend, scheduler=scheduler, progress=progress)
        failures = [row["failed"] for row in table if row["failed"]]
        if len(failures) < runs:
            console.print(write_report(chosen, folder), markup=False)
            console.print(f"In {folder}/: table.csv, report.txt and the figures")
        if failures:
            raise RuntimeError(
                f"{len(failures)} of {runs} runs failed, the first with {failures[0]}; "
                f"{folder / 'table.csv'} lists each; the same command tries them again."
            )

    guarded(work, debug)


app.command(epilog="Example: **cogdyn lessons my-lessons**")(lessons)
app.command(epilog="Example: **cogdyn book --out my-book**")(book)
app.command(epilog="Example: **cogdyn slides my-slides --lesson bridges**")(slides)


def main() -> None:
    """Run the command line; what a terminal has no letters for, it shows as question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(sys.argv[1:])
