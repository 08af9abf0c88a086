"""How speed is measured: CPU time on one thread, what is compared run in turn, medians; peers in their own Python."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

PEERS = Path(__file__).parents[1] / ".venv/peers/bin/python"
Work = Callable[[], float | None]
"""What is timed; it returns its CPU seconds if it measures them itself."""


def medians(variants: dict[str, Work], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each variant, all of them run in turn in every round, after one round of warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, work in variants.items():
            start = time.process_time()
            own = work()
            if number:
                seconds[name].append(time.process_time() - start if own is None else own)
    return {name: statistics.median(values) for name, values in seconds.items()}


class Peer:
    """NeuroGym and nn4n in an interpreter of their own, working when they are told to."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("benchmark_peers.py")
        self._process = subprocess.Popen([PEERS, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def work(self, **job: Any) -> Work:
        """A job whose seconds the peers' process measures itself."""

        def ask() -> float:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(job), file=self._process.stdin, flush=True)
            return float(json.loads(self._process.stdout.readline()))

        return ask


def show(title: str, rows: list[tuple[str, ...]], headers: tuple[str, ...]) -> None:
    """Print one table."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, header in enumerate(headers):
        table.add_column(header, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=110, highlight=False).print(title, table, "")
