"""What the two errors in the published tasks do: what a part of a trial earns, and what networks learn."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ....agents import RateRNN, evaluate, train
from ....envs.tasks.yang19.matching import MatchTask
from ...figures.style import ACCENT, FAINT, RC, SECOND, new_figure
from ..study import Job, Report, Row, Study
from ..table import text_table
from .arms import ARMS, CRITERION, LR, network_of
from .published import PARTS, VERSIONS, authors_score, observer_score, observers, trial_kinds, version_of

START = "gain 1, small readout"
"""The arm that learns tasks of this kind most surely; what is asked is what it learns, not how fast."""
KINDS = ("1 to 1", "2 to 2", "1 to 2", "2 to 1")
"""The kinds of trials of dmc: the category of the first stimulus, and that of the second."""
STRATEGIES = {
    (True, True, False, False): "match",
    (True, True, False, True): "all but 1 to 2",
    (True, False, False, True): "second in 1",
    (False, False, True, True): "non-match",
}
"""What a network responds to, by the kinds of trials in which it does."""
OWN, NEW = "on trials of the version it learned from", "on corrected trials"
ALONE = "what the second stimulus alone earns in that version"


def jobs(quick: bool) -> Sequence[Job]:
    """Ten networks that can learn dmc, five on the other tasks, and five of the authors' start, on both versions."""
    if quick:
        return [_job("yang19.dmc", version, START, 0, networks=3, steps=600) for version in VERSIONS]
    plan = [("yang19.dmc", START, 0), ("yang19.dnms", START, 0), ("yang19.dmc", "base", 0)]
    plan += [("yang19.dmc", START, 100), ("yang19.dnmc", START, 0)]
    return [_job(task, version, arm, seed, networks=5, steps=1500) for task, arm, seed in plan for version in VERSIONS]


def _job(task: str, version: str, arm: str, first_seed: int, networks: int, steps: int) -> Job:
    size = {"first_seed": first_seed, "networks": networks, "steps": steps}
    return {"task": task, "version": version, "arm": arm} | size | {"criterion": CRITERION, "lr": LR}


def measure(job: Job) -> list[Row]:
    """Train the networks of a job on one version of a task; how they score on both, and where they respond."""
    tasks = {version: version_of(job["task"], version) for version in VERSIONS}
    network = network_of(tasks[job["version"]], job["arm"], job["first_seed"])
    rule = ARMS[job["arm"]].rule(job["steps"], job["lr"], network.dt)
    start = time.process_time()
    size = {"steps": job["steps"], "batch_size": 20, "evaluate_every": 100, "n_test": 200, "device": "cpu"}
    ending = {"seed": job["first_seed"], "stop_at": job["criterion"], "ensemble": job["networks"]}
    runs = train(tasks[job["version"]], network, rule, **size, **ending)
    cpu = (time.process_time() - start) / len(runs)
    rows = []
    for s, run in enumerate(runs):
        scores = {version: scored(task, run.network) for version, task in tasks.items()}
        row = {"network": s, "solved": run.metrics[-1]["score"] >= job["criterion"], "updates": run.step}
        row |= {version: score for version, (score, _) in scores.items()}
        rows.append(row | scores["corrected"][1] | {"cpu_seconds": cpu})
    return rows


def scored(task: MatchTask, network: RateRNN) -> tuple[float, dict[str, float | None]]:
    """Score of a network, and in dmc and dnmc the share of the time in which it responds, by kind of trial."""
    found = evaluate(task, network, 400, seed=1)
    inside = found.batch.during("response") & (found.batch.mask > 0)
    responds = ((found.outputs[..., 0] < 0.5) & inside).sum(axis=0) / inside.sum(axis=0)
    kind = trial_kinds(task, found.batch.conditions)
    return found.score, {name: float(responds[kind == name].mean()) if name in kind else None for name in KINDS}


def strategy(row: Row) -> str | None:
    """What a network responds to; None in the task of places."""
    if row[KINDS[0]] is None:
        return None
    return STRATEGIES.get(tuple(row[kind] > 0.5 for kind in KINDS), "another")


def report(table: list[Row]) -> Report:
    """What observers of a part earn, then what networks learned."""
    alone = observer_score(version_of("yang19.dmc", "published"), PARTS["second"])
    text = (
        "Expected response accuracy of the best observer of nothing, of the first or the second stimulus alone, of\n"
        "both, by enumeration of all trials; and what one who knows all that a version teaches earns when tested on\n"
        "the corrected one. In the authors' score, most of which is fixation, the second stimulus of the published\n"
        f"dmc alone earns {authors_score(alone):.3f}.\n\n"
        f"{text_table(observers())}\n\n"
        "Networks that learned from one version of a task: how many reached the criterion on it, after how many\n"
        "updates (median, those that did not counted with the cap); mean response accuracy on trials of both\n"
        "versions; how often they respond where the stimuli go from category to category; and to what each responds,\n"
        "where 'all but 1 to 2' tells the published trials from each other, and not matches from non-matches.\n\n"
        f"{text_table(networks_table(table))}"
    )
    return Report(text, {"errors": _figure(table)})


def networks_table(table: list[Row]) -> list[Row]:
    """What networks learned from each version: scores on both, and where they respond."""
    cells: dict[tuple[str, str, str], list[Row]] = {}
    for row in table:
        cells.setdefault((row["task"], row["arm"], row["version"]), []).append(row)
    return [
        {"task": task, "start": arm, "learned from": version, "networks": len(found)}
        | {"solved": sum(row["solved"] for row in found)}
        | {"updates": float(np.median([row["updates"] if row["solved"] else row["steps"] for row in found]))}
        | {f"on {name}": _mean(found, name) for name in VERSIONS}
        | {name: _mean(found, name) for name in KINDS}
        | {"responds to": _counted(found)}
        for (task, arm, version), found in cells.items()
    ]


def _mean(found: list[Row], name: str) -> str | None:
    values = [row[name] for row in found if row[name] is not None]
    return f"{np.mean(values):.2f}" if values else None


def _counted(found: list[Row]) -> str | None:
    counts = Counter(way for row in found if (way := strategy(row)) is not None)
    return ", ".join(f"{way}: {n}" for way, n in counts.most_common()) or None


def _figure(table: list[Row]) -> Figure:
    """Every network's score on the trials it learned from, and on corrected ones."""
    cells: dict[str, list[Row]] = {}
    for row in table:
        label = f"{row['task'].removeprefix('yang19.')}, {row['version']}"
        cells.setdefault(label if row["arm"] == START else f"{label}\n{row['arm']}", []).append(row)
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 1.2 + 0.42 * len(cells))
        axes = figure.subplots()
        for place, found in enumerate(cells.values()):
            version = found[0]["version"]
            alone = observer_score(version_of(found[0]["task"], version), PARTS["second"])
            axes.plot([alone] * 2, [place - 0.38, place + 0.38], color=FAINT, lw=2.2, label="" if place else ALONE)
            spread = np.linspace(-0.1, 0.1, len(found)) if len(found) > 1 else np.zeros(1)
            for at, score, mark, colour, name in (
                (-0.15, version, "o", ACCENT, OWN),
                (0.15, "corrected", "D", SECOND, NEW),
            ):
                scores, label = [row[score] for row in found], "" if place else name
                axes.plot(scores, place + at + spread, mark, color=colour, ms=4, alpha=0.7, label=label)
        axes.set(yticks=range(len(cells)), yticklabels=cells, xlabel="response accuracy", xlim=(-0.03, 1.03))
        axes.invert_yaxis()
        figure.legend(loc="outside lower center", ncols=2)
    return figure


STUDY = Study(
    name="soo2023-errors",
    claim="The published dnms and dnmc have the targets of dms and dmc, and dmc the non-matches of one order alone.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
