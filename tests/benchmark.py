"""Speed, measured side by side in one run: interleaved, CPU time, one thread, medians (``make bench``)."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import platform
import subprocess
import sys

import numpy as np
import torch
from benchmark_core import compare_core, compare_training
from benchmark_dynamics import compare_fixed_points
from benchmark_envs import compare_frames, compare_policies, compare_tasks, compare_with_neurogym
from benchmark_lessons import compare_grading, compare_lessons, compare_live_network
from benchmark_population import compare_many_units, compare_population
from benchmark_reward import compare_reward
from benchmark_rules import compare_rules
from timing import PEERS, Peer, show


def import_seconds(module: str) -> float:
    """CPU seconds of importing a module in a new interpreter."""
    code = f"import time; s = time.process_time(); import {module}; print(time.process_time() - s)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def compare_imports() -> None:
    """What it takes to import the tasks, beside Gymnasium alone."""
    modules = ("gymnasium", "cogdyn.envs")
    imports = np.median([[import_seconds(module) for module in modules] for _ in range(7)], axis=0)
    show(
        "Import",
        [(name, f"{1e3 * s:.0f} ms", f"{s / imports[0]:.2f}") for name, s in zip(modules, imports, strict=True)],
        ("", "CPU", "x gymnasium"),
    )


def process_seconds(statement: str) -> float:
    """CPU seconds of a new interpreter in which a statement is run."""
    code = (
        f"import atexit, sys, time\natexit.register(lambda: print(time.process_time(), file=sys.stderr))\n{statement}"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr)


def compare_commands() -> None:
    """What it takes to list tasks and rules, beside a process that imports the tasks alone."""
    run = "from cogdyn.__main__ import main; sys.argv = {}; main()"
    listed = ("cogdyn --help", "cogdyn tasks", "cogdyn tasks NBack", "cogdyn rules", "cogdyn rules RFLO")
    statements = {"import cogdyn.envs": "import cogdyn.envs"} | {words: run.format(words.split()) for words in listed}
    times = np.median([[process_seconds(each) for each in statements.values()] for _ in range(7)], axis=0)
    show(
        "Processes",
        [(name, f"{1e3 * s:.0f} ms", f"{s / times[0]:.2f}") for name, s in zip(statements, times, strict=True)],
        ("", "CPU", "x import cogdyn.envs"),
    )


def main() -> None:
    """Measure and print all."""
    torch.set_num_threads(1)
    print(f"{platform.machine()}, torch {torch.__version__}, numpy {np.__version__}; one thread, medians of CPU time\n")
    peer = Peer() if PEERS.exists() else None
    compare_training(peer)
    compare_core()
    compare_rules()
    compare_population()
    compare_many_units()
    compare_fixed_points()
    compare_imports()
    compare_commands()
    compare_policies()
    compare_reward()
    if peer is None:
        print(f"NeuroGym and nn4n are not installed in {PEERS.parents[1]}: left out. `make bench` installs it.\n")
    else:
        compare_with_neurogym(peer)
        compare_frames(peer)
    compare_tasks()
    compare_live_network()
    compare_lessons()
    compare_grading()


if __name__ == "__main__":
    main()
