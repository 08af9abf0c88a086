"""Do bridges through time help a plain rate network over long delays, or is it the initialisation and the tuning?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import fisher_exact, mannwhitneyu

from ...agents import RateRNN, train
from ...agents.rules import BPTT, CD, DASC, SCTT, GradientSkip
from ...agents.training import Rule
from ...envs import PerBatch, Task, Uniform, make_task
from ..conditions import wilson_interval
from .study import Job, Report, Row, Study
from .table import text_table

DT = 10.0
LR = 2e-3
"""The authors' 0.1 / N."""
CRITERION = 0.95
"""Response accuracy at which a network has learned the task."""
EVERY, N_TEST = 100, 200


@dataclass(frozen=True)
class Arm:
    """A way to train.

    Attributes:
        rule: From the cap of updates and the learning rate to the learning rule.
        network: Arguments of the network that differ from the authors'.
    """

    rule: Callable[[int, float], Rule]
    network: dict[str, Any] = field(default_factory=dict)


def unclipped(steps: int, lr: float) -> Rule:
    """BPTT as the authors have it."""
    return BPTT(lr=lr, clip=None)


def plain(steps: int, lr: float) -> Rule:
    """BPTT without help."""
    return BPTT(lr=lr)


def sctt(steps: int, lr: float) -> Rule:
    """The setting that the authors carry to rule reversal, annealed in the first half of the training."""
    return SCTT(lag_ms=200, anneal_steps=steps // 2, lr=lr)


def dasc(steps: int, lr: float) -> Rule:
    """The setting that the authors carry to rule reversal, annealed in the first half of the training."""
    return DASC(lag_ms=200, anneal_steps=steps // 2, lr=lr)


def gradient_skip(steps: int, lr: float) -> Rule:
    """As DASC, for errors alone."""
    return GradientSkip(lag_ms=200, anneal_steps=steps // 2, lr=lr)


def cd(steps: int, lr: float) -> Rule:
    """Bins of 50 ms in the first half of the training."""
    return CD(schedule=(5, 1), anneal_steps=steps // 2, lr=lr)


SMALL = {"input_gain": 0.2, "readout_gain": 0.2}
SLOW = {"init": "slow_mode"}
ARMS: dict[str, Arm] = {
    "base": Arm(unclipped),
    "base, clipped": Arm(plain),
    "base, small readout": Arm(plain, SMALL),
    "gain 1, small readout": Arm(plain, {"gain": 50**0.5} | SMALL),
    "CD": Arm(cd),
    "SCTT": Arm(sctt),
    "DASC": Arm(dasc),
    "gradient skip": Arm(gradient_skip),
    "slow mode": Arm(plain, SLOW),
    "slow mode + SCTT": Arm(sctt, SLOW),
    "slow mode + DASC": Arm(dasc, SLOW),
    "slow mode + gradient skip": Arm(gradient_skip, SLOW),
}


def task_of(name: str, delay_ms: float) -> Task:
    """A task of the paper with another delay, jittered by a tenth as theirs; 0 keeps the task as it is."""
    delay = {"delay_ms": PerBatch(Uniform(0.9 * delay_ms, 1.1 * delay_ms))} if delay_ms else {}
    return make_task(name, preset="soo2023", **{"dt": DT} | delay)


def network_of(task: Task, arm: str, seed: int) -> RateRNN:
    """The authors' network: inputs to the first 40 % of the units, output from the next 40 %, a sigmoid readout."""
    arguments: dict[str, Any] = {
        "init": "soo2023",
        "leak": "rate",
        "tau": 100.0,
        "noise": 0.07,
        "self_connections": True,
        "input_units": range(20),
        "output_units": range(20, 40),
        "readout_activation": "sigmoid",
        "train_readout_bias": False,
        "train_h0": False,
    }
    return RateRNN(task.n_inputs, 50, task.n_outputs, dt=task.dt, seed=seed, **arguments | ARMS[arm].network)


def jobs(quick: bool) -> Sequence[Job]:
    """Ten networks to a job; 20 for the two main tasks, and for the sweep of delays."""
    if quick:
        tasks, steps, arms, repeats = (("yang19.dlygo", 500.0),), 600, ("base", "SCTT", "DASC", "slow mode"), 1
        plan = [(task, delay, arm, k) for task, delay in tasks for arm in arms for k in range(repeats)]
        return [_job(*each, networks=5, steps=steps) for each in plan]
    main = [("yang19.dlygo", 1000.0, 2), ("yang19.dms", 1000.0, 2), ("yang19.go", 0.0, 1)]
    sweep = [("yang19.dlygo", delay, 1) for delay in (500.0, 2000.0, 4000.0)]
    others = [("yang19.dmc", 1000.0, 1), ("yang19.ctxdlydm1", 1000.0, 1)]
    # First one job of each arm, so that a study that is stopped early has looked at all of them.
    plan = [(k, task, delay, arm) for task, delay, n in main + sweep + others for k in range(n) for arm in ARMS]
    return [_job(task, delay, arm, k, networks=10, steps=4000) for k, task, delay, arm in plan]


def _job(task: str, delay_ms: float, arm: str, repeat: int, networks: int, steps: int) -> Job:
    return {
        "task": task,
        "delay_ms": delay_ms,
        "arm": arm,
        "first_seed": 100 * repeat,
        "networks": networks,
        "steps": steps,
        "criterion": CRITERION,
    }


def measure(job: Job) -> list[Row]:
    """Train the networks of a job; when each reached the criterion, and how it stood at the end."""
    task = task_of(job["task"], job["delay_ms"])
    network = network_of(task, job["arm"], job["first_seed"])
    start = time.process_time()
    runs = train(
        task,
        network,
        ARMS[job["arm"]].rule(job["steps"], job.get("lr", LR)),
        job["steps"],
        batch_size=20,
        seed=job["first_seed"],
        device="cpu",
        stop_at=job["criterion"],
        evaluate_every=EVERY,
        n_test=N_TEST,
        ensemble=job["networks"],
    )
    cpu = (time.process_time() - start) / len(runs)
    return [
        {
            "network": s,
            "solved": run.metrics[-1]["score"] >= job["criterion"],
            "updates": run.step,
            "score": run.metrics[-1]["score"],
            "best_score": max(row["score"] for row in run.metrics),
            "cpu_seconds": cpu,
        }
        for s, run in enumerate(runs)
    ]


def report(table: list[Row]) -> Report:
    """How many networks learn each task, and how fast; a network that does not counts with the cap of updates."""
    cells: dict[tuple[str, float], dict[str, list[Row]]] = {}
    for row in table:
        cells.setdefault((row["task"], row["delay_ms"]), {}).setdefault(row["arm"], []).append(row)
    rows = [
        {"task": task, "delay": delay, "arm": arm} | _summary(found, arms.get("base", []))
        for (task, delay), arms in cells.items()
        for arm, found in arms.items()
    ]
    text = (
        "Networks whose response accuracy reached the criterion before the cap, with the 95 % interval of the share;\n"
        "updates until then (median and quartiles, those that never did counted with the cap);\n"
        "p: the same share (Fisher) and the same updates (Mann-Whitney) as base, not corrected for their number.\n\n"
    )
    return Report(text + text_table(rows), {"learned": _figure(cells)})


def _summary(found: list[Row], base: list[Row]) -> Row:
    solved, n = sum(row["solved"] for row in found), len(found)
    low, high = wilson_interval(solved, n)
    updates = [row["updates"] if row["solved"] else row["steps"] for row in found]
    first, median, third = np.percentile(updates, (25, 50, 75))
    summary: Row = {
        "networks": n,
        "solved": solved,
        "share": f"{low:.2f} to {high:.2f}",
        "updates": float(median),
        "quartiles": f"{first:.0f} to {third:.0f}",
        "accuracy": float(np.mean([row["score"] for row in found])),
        "cpu s": float(np.mean([row["cpu_seconds"] for row in found])),
    }
    if not base or base is found:
        return summary | {"p share": None, "p updates": None}
    theirs = sum(row["solved"] for row in base)
    against = [row["updates"] if row["solved"] else row["steps"] for row in base]
    same = len({*updates, *against}) == 1
    return summary | {
        "p share": float(np.asarray(fisher_exact([[solved, n - solved], [theirs, len(base) - theirs]]))[1]),
        "p updates": 1.0 if same else float(np.asarray(mannwhitneyu(updates, against))[1]),
    }


def _figure(cells: dict[tuple[str, float], dict[str, list[Row]]]) -> Figure:
    """Share of networks that have learned the task, by the number of updates."""
    figure = Figure(figsize=(3.6 * min(len(cells), 3) + 2.4, 3.2 * -(-len(cells) // 3)), layout="constrained")
    axes = figure.subplots(-(-len(cells) // 3), min(len(cells), 3), squeeze=False).ravel()
    lines: dict[str, Any] = {}
    for axis, ((task, delay), arms) in zip(axes, cells.items(), strict=False):
        for arm, found in arms.items():
            at = np.sort([row["updates"] for row in found if row["solved"]])
            x = np.concatenate([[0], at, [found[0]["steps"]]])
            y = np.concatenate([np.arange(len(at) + 1), [len(at)]]) / len(found)
            style = {"color": f"C{list(ARMS).index(arm) % 10}", "linestyle": "--" if "slow" in arm else "-"}
            (lines[arm],) = axis.step(x, y, where="post", **style)
        axis.set(title=task + (f", {delay:g} ms" if delay else ""), ylim=(-0.03, 1.03), xlabel="updates")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("share of networks at 95 %")
    for axis in axes[len(cells) :]:
        axis.axis("off")
    figure.legend(lines.values(), lines.keys(), loc="outside right upper", frameon=False, fontsize="small")
    return figure


STUDY = Study(
    name="soo2023",
    claim="Skip connections through time, annealed away, let plain rate networks learn tasks with long delays.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
