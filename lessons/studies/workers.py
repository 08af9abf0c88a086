"""Where the runs of a study happen: in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from joblib import Parallel, cpu_count, delayed, parallel_config

from ...agents.training.interrupt import ENDING
from ...envs.names import check_name
from ...envs.numbers import whole_number
from .result import Result, failure, measured
from .study import Job, Measure

BACKENDS = ("local", "dask")
PATIENCE = 5
"""Seconds in which the scheduler of a cluster has to answer."""

Workers = Callable[[Measure, Sequence[Job]], Generator[Result]]
"""From a function and jobs to their results, each as soon as it is there."""


class WorkersLost(RuntimeError):
    """The processes that did the runs are gone."""


@contextmanager
def open_workers(backend: str, jobs: int | None, scheduler: str | None) -> Iterator[Workers]:
    """Have workers within the block.

    Args:
        backend: ``"local"`` or ``"dask"``.
        jobs: Number of local processes; as many as there are cores when None. With 1 the runs happen in this process.
        scheduler: Address of the cluster's scheduler.

    Raises:
        ValueError: If the arguments do not fit together.
        ConnectionError: If no scheduler answers, or it has no workers.
        ModuleNotFoundError: If the extra ``cluster`` is missing.
    """
    check_name("backend", backend, BACKENDS)
    if backend == "local":
        if scheduler is not None:
            raise ValueError("a scheduler belongs to a cluster: add --backend dask.")
        yield partial(_in_processes, cpu_count() if jobs is None else whole_number("jobs", jobs, 1))
        return
    if scheduler is None:
        raise ValueError("the backend 'dask' needs the address of a scheduler: --scheduler tcp://HOST:8786.")
    if jobs is not None:
        raise ValueError("jobs is for the backend 'local'; a cluster does as many runs at once as its workers take.")
    with _client(scheduler) as client:
        yield partial(_on_cluster, client, scheduler)


def _in_processes(n: int, measure: Measure, jobs: Iterable[Job]) -> Generator[Result]:
    follow = {"initializer": _follow, "initargs": (os.getpid(),)}
    with parallel_config("loky", n_jobs=n, inner_max_num_threads=1, **follow):
        parallel: Any = Parallel(batch_size=1, return_as="generator_unordered")  # type: ignore[arg-type]
        with _hangup_blocked():
            results = parallel(delayed(measured)(measure, job) for job in jobs)
        try:
            for result in results:  # noqa: UP028  "yield from" would close it outside the block below
                yield result
        except RuntimeError as error:
            raise WorkersLost(
                "a worker process died, perhaps for want of memory. What was finished is kept, the same command does "
                "the rest; with fewer --jobs it takes less memory."
            ) from error
        finally:
            with _quiet_joblib():
                results.close()


@contextmanager
def _quiet_joblib() -> Iterator[None]:
    """Within the block, in which runs are cancelled, joblib gives no advice and its threads do not fail aloud."""
    before = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        if failed.thread is None or "ExecutorManager" not in failed.thread.name:
            before(failed)

    threading.excepthook = hook
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*to limit unnecessary computation time")
            yield
    finally:
        threading.excepthook = before


def _follow(parent: int) -> None:
    """In a worker: leave signals to the parent, and end with it even where it was killed."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _hangup_blocked() -> Iterator[None]:
    """Processes that start within the block outlive a closed terminal: loky's own one ignores all but SIGHUP."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"a study on a cluster needs {missing.name}: pip install 'cogdyn[cluster]'", name=missing.name
        ) from None
    try:
        get_address_host_port(scheduler)  # a client that fails on a bad address leaves noise behind
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"no scheduler of Dask answered at {scheduler!r} within {PATIENCE} seconds; "
            "an address looks like tcp://HOST:8786."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ConnectionError(
                f"the scheduler at {scheduler!r} has no workers: start some with: dask worker {scheduler}"
            ) from error
        yield client


def _on_cluster(client: Any, scheduler: str, measure: Measure, jobs: Iterable[Job]) -> Generator[Result]:
    # Not through joblib: its generator waits for ever for a run whose worker was killed.
    from distributed import as_completed

    futures = {client.submit(_parcel(measure, job), pure=False): job for job in jobs}
    try:
        for future in as_completed(futures, loop=client.loop):
            if future.status == "cancelled":
                raise ConnectionError("the client gave up")
            error = future.exception()
            yield future.result() if error is None else failure(futures[future], error)
    except OSError as error:
        raise WorkersLost(
            f"the scheduler at {scheduler!r} is gone. What was finished is kept, the same command does the rest."
        ) from error


def _parcel(measure: Measure, job: Job) -> Callable[[], Result]:
    """The run as a function that travels by value: a worker without cogdyn fails the run and does not break itself."""
    content = pickle.dumps((measured, measure, job))

    def run() -> Result:
        work, *what = pickle.loads(content)
        return work(*what)

    return run
