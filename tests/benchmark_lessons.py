"""What readers and instructors wait for: pages run as notebooks, a network under a slider, and the marks of a class."""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from homework import hand_in, homework
from lesson_page import executed_lesson
from node import evaluate
from timing import show

from cogdyn.lessons.grading.grade import grade

PAGES = sorted((Path(__file__).parents[1] / "book/lessons").glob("*.md"))


def page_seconds(page: Path) -> float:
    """CPU seconds of running a page, kernel and imports included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        executed_lesson(page, Path(folder), "pass")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare_lessons() -> None:
    """The pages say: less than a minute of the computer's."""
    show("Lessons, run as notebooks", [(page.stem, f"{page_seconds(page):.0f} s") for page in PAGES], ("", "CPU"))


def live_network_ms(units: int = 100, bins: int = 150) -> float:
    """Median milliseconds in which the browser module runs one trial of a network, as after each move of a slider."""
    network = {
        "activation": "tanh",
        "leak": "rate",
        "dt": 20,
        "noise": 0.1,
        "tau": [100] * units,
        "recurrent": np.full((units, units), 0.01).tolist(),
        "input": np.ones((units, 3)).tolist(),
        "bias": [0] * units,
        "readout": np.ones((2, units)).tolist(),
        "readout_bias": [0, 0],
        "h0": [0] * units,
    }
    expression = """(() => {
        const [units, bins] = [data.tau.length, %d], times = [];
        const inputs = Array.from({length: bins}, () => [1, 0, 0]), xi = module.normal(0, bins, units);
        for (let i = 0; i < 9; i++) {
            const start = performance.now();
            module.run(data, inputs, xi);
            times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b)[4];
    })()"""
    return float(evaluate("dynamics.mjs", expression % bins, network))


def compare_live_network() -> None:
    """A picture a slider drags along needs less than 20 ms."""
    if shutil.which("node") is None:
        print("Node is missing: the live network is left out.\n")
        return
    rows = [(f"{units} units, 150 bins", f"{live_network_ms(units):.1f} ms") for units in (30, 100)]
    show("Live network under Node", rows, ("", "a trial"))


def compare_grading(n: int = 40) -> None:
    """Wall clock: most of it is spent in the processes of the submissions."""
    with tempfile.TemporaryDirectory() as folder:
        for k in range(n):
            notebook = homework(2, solved=k % 2 == 0)
            notebook.metadata["number"] = k
            hand_in(Path(folder) / "in" / f"student {k:03}" / "work.ipynb", notebook)
        begun = time.perf_counter()
        grade(Path(folder) / "in", Path(folder) / "grades.csv", jobs=2)
        seconds = (time.perf_counter() - begun) / n
    show("Grading on two processes", [("a submission", f"{seconds:.2f} s")], ("", "wall clock"))
