"""The runner of studies, with a toy study: where and how smoothly it runs does not change what is found."""

import importlib
import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import matplotlib.image
import numpy as np
import pytest
from rich.console import Console
from toy_study import register, toy
from typer.testing import CliRunner

from cogdyn.agents.training.files import FolderInUse, checksum, locked
from cogdyn.lessons import studies
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.commands.progress import RunsProgress
from cogdyn.lessons.studies import workers
from cogdyn.lessons.studies.result import VERSIONS, Results
from cogdyn.lessons.studies.runner import plan, run_study
from cogdyn.lessons.studies.table import read_table
from cogdyn.lessons.studies.workers import WorkersLost

TOY = Path(__file__).with_name("toy_study.py")
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for a single process")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def without_seconds(table):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in table]


def runs_in(log):
    return sorted(map(int, log.read_text().split()))


def test_the_table_is_tidy_and_the_same_for_any_number_of_workers(tmp_path, log):
    study = toy(log, ["measure", "measure twice", "sleep", "fail", "measure"])
    tables = [run_study(study, tmp_path / str(n), jobs=n) for n in (1, 2)]
    assert without_seconds(tables[0]) == without_seconds(tables[1])
    assert [row["seed"] for row in tables[0]] == [0, 1, 1, 2, 3, 4]
    assert [row["delay"] for row in tables[0]] == [None, 0, 1000, None, None, None]
    draws = np.random.default_rng(4).standard_normal((100, 100))
    assert tables[0][5]["mean"] == pytest.approx((draws @ draws).mean(), rel=1e-12)
    columns = ["does", "seed", "log", "mean", "delay", "seconds", "failed", "python", "torch", "numpy", "cogdyn"]
    for table in tables:
        assert {tuple(row) for row in table} == {tuple(columns)}
        assert all(row[name] == version for row in table for name, version in VERSIONS.items())
        assert [row["failed"] for row in table] == [None, None, None, None, "ValueError: this run fails", None]
        assert table[3]["seconds"] >= 0.1  # it slept so long
    assert tables[1] == read_table(tmp_path / "2/table.csv")


def test_a_failed_run_is_told_and_tried_again_and_nothing_else_is(tmp_path, log):
    study = toy(log, ["measure", "fail", "measure"])
    seen = []
    first = run_study(study, tmp_path, jobs=1, progress=lambda *state: seen.append(state))
    assert seen == [(0, 0), (1, 0), (1, 1), (2, 1)]
    assert [bool(row["failed"]) for row in first] == [False, True, False]
    (failed,) = [text for file in (tmp_path / "results").iterdir() if '"failed": "' in (text := file.read_text())]
    assert "in measure" in json.loads(failed)["traceback"]
    (tmp_path / "mended").touch()
    second = run_study(study, tmp_path, jobs=1, progress=lambda *state: seen.append(state))
    assert seen[4:] == [(2, 0), (3, 0)]
    assert [row["failed"] for row in second] == [None] * 3
    assert runs_in(log) == [0, 1, 1, 2]
    assert second[::2] == first[::2]


def test_results_of_other_jobs_and_studies_are_left_alone_and_damaged_ones_are_had_again(tmp_path, log):
    study = toy(log, ["measure"] * 3)
    run_study(study, tmp_path, quick=True, jobs=1)
    store = Results(tmp_path / "results", "toy")
    store._path(study.jobs(True)[0]).write_text("{")
    assert [row["seed"] for row in run_study(study, tmp_path, jobs=1)] == [0, 1, 2]
    assert runs_in(log) == [0, 0, 1, 2]
    run_study(toy(log, ["measure"], "another"), tmp_path, jobs=1)
    assert runs_in(log) == [0, 0, 0, 1, 2]
    assert [row["seed"] for row in run_study(study, tmp_path, quick=True, jobs=1)] == [0, 1]
    assert runs_in(log) == [0, 0, 0, 1, 2]


WRONG = [
    *[{"rows": rows} for rows in ("x", None, [1], [], [{}, None], [{"mean": [1]}], [{"mean": math.nan}])],
    *[{"rows": [{"seed": 1}]}, {"rows": [{"failed": "x"}]}],
    *[{"job": job} for job in (None, [], "x", {}, {"does": "measure", "seed": 1, "log": "x"}, {"seed": math.nan})],
    *[{"versions": versions} for versions in (None, [], {}, dict.fromkeys(VERSIONS, 1), VERSIONS | {"more": "1"})],
    *[{"seconds": seconds} for seconds in ("x", True, math.nan, [])],
    *[{"failed": failed} for failed in (1, True, [], "but it has rows")],
    *[{"traceback": 3}, {"more": 1}],
]


def damages(text):
    """Texts that a result should not be read from: parts of wrong types, sealed or not; a digit that flipped."""
    kept = json.loads(text)
    for wrong in WRONG:
        yield json.dumps(kept | wrong)
        changed = {name: value for name, value in (kept | wrong).items() if name != "checksum"}
        yield json.dumps(changed)  # as earlier versions wrote them
        yield json.dumps(changed | {"checksum": checksum(changed)})
    for name in kept.keys() - {"checksum"}:
        yield json.dumps({key: value for key, value in kept.items() if key != name})
    mean = kept["rows"][0]["mean"]
    yield text.replace(str(mean), str(mean + 1))
    yield from ("", "null", "[]", "3", "{}", "[" * 100_000, text[:-20])


def test_a_result_that_is_damaged_or_of_another_job_counts_as_not_done(tmp_path, log):
    study = toy(log, ["measure", "measure"])
    first = run_study(study, tmp_path, jobs=1)
    store, (job, other) = Results(tmp_path / "results", "toy"), study.jobs(False)
    sound = store._path(job).read_text()
    for text in [*damages(sound), store._path(other).read_text()]:
        store._path(job).write_text(text)
        assert store.read(job) is None, text[:1000]
    assert without_seconds(run_study(study, tmp_path, jobs=1)) == without_seconds(first)
    assert runs_in(log) == [0, 0, 1]
    kept = json.loads(sound)
    del kept["checksum"]
    store._path(job).write_text(json.dumps(kept))
    assert store.read(job).rows == kept["rows"]


def test_only_one_process_works_in_a_folder(tmp_path, log):
    study = toy(log, ["measure"])
    with (
        locked(tmp_path),
        pytest.raises(FolderInUse, match=f"process {os.getpid()} is at work in .*; wait for it, or name another"),
    ):
        run_study(study, tmp_path, jobs=1)
    assert not log.exists()
    run_study(study, tmp_path, jobs=1)


def start(log, does, *words):
    """Start the command on the toy study in a process of its own, and a process group of its own."""
    command = [sys.executable, TOY, log, ",".join(does), "study", "toy", "--out", log.parent / "out", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def wait_for(condition):
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def results_in(out):
    return [json.loads(file.read_text())["job"]["seed"] for file in out.glob("results/*.json")]


@pytest.mark.slow
@posix
def test_a_killed_study_goes_on_where_it_was(tmp_path, log):
    out = tmp_path / "out"
    does = ["sleep"] * 200
    process = start(log, does, "--jobs", "2")
    wait_for(lambda: len(results_in(out)) >= 3)
    with pytest.raises(FolderInUse, match=f"process {process.pid} is at work"):
        run_study(toy(log, does), out, jobs=1)
    process.kill()
    process.communicate(timeout=600)  # ends when the workers, who hold the same pipes, have ended
    kept = results_in(out)
    assert 3 <= len(kept) < 200
    assert (out / ".lock").read_text() == str(process.pid)
    before = runs_in(log)
    n = len(kept) + 4
    table = run_study(toy(log, ["sleep"] * n), out, jobs=1)
    assert [row["seed"] for row in table] == list(range(n))
    assert [row["failed"] for row in table] == [None] * n
    after = runs_in(log)
    assert all(after.count(seed) == before.count(seed) + (seed not in kept) for seed in range(n))
    assert not (out / ".lock").exists()


@posix
@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("SIGINT", "1"),
        *(pytest.param(name, "2", marks=pytest.mark.slow) for name in ("SIGINT", "SIGTERM", "SIGHUP")),
        pytest.param("SIGTERM alone", "2", marks=pytest.mark.slow),
    ],
)
def test_a_signal_keeps_what_is_done_and_says_so(tmp_path, log, name, n):
    process = start(log, ["sleep"] * 200, "--jobs", n)
    wait_for(lambda: len(results_in(tmp_path / "out")) >= 2)
    number = signal.Signals[name.split()[0]]
    if "alone" in name:
        process.send_signal(number)
    else:
        os.killpg(process.pid, number)  # as a terminal and a cluster do
    shown, errors = process.communicate(timeout=600)  # ends when the workers, who hold the same pipes, have ended
    kept = len(results_in(tmp_path / "out"))
    assert process.returncode == 128 + number
    said = f"Stopped. {kept} of 200 runs are kept in {tmp_path / 'out'}; the same command does the rest."
    assert errors.strip() == said
    assert shown == ""
    assert len(read_table(tmp_path / "out/table.csv")) in (kept, kept - 1)
    assert not (tmp_path / "out/.lock").exists()


def test_runs_that_are_cancelled_bring_no_warning(tmp_path, log):
    study = toy(log, ["measure", *["sleep"] * 20])
    with workers.open_workers("local", 2, None) as work:
        results = work(study.measure, list(study.jobs(False)))
        next(results)
        results.close()


@posix
def test_a_worker_that_dies_stops_the_study_and_what_is_done_is_kept(tmp_path, log):
    study = toy(log, ["measure", "measure", "sleep", "die last"])
    with pytest.raises(WorkersLost, match="perhaps for want of memory"):
        run_study(study, tmp_path / "out", jobs=2)
    assert sorted(results_in(tmp_path / "out")) == [0, 1, 2]


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studies, "STUDIES", {})
    monkeypatch.delitem(sys.modules, "cogdyn.lessons.studies.toy", raising=False)
    register(toy(tmp_path / "log", ["measure", "measure", "fail"]))
    yield lambda *words: CliRunner().invoke(app, ["study", *map(str, words)])
    sys.modules.pop("cogdyn.lessons.studies.toy")


def test_the_command_reports_and_leaves_table_and_figure(command, tmp_path):
    result = command("toy", "--quick", "--jobs", 1)
    assert result.exit_code == 0, result.output
    out = tmp_path / "runs/study-toy-quick"
    assert sorted(os.listdir(out)) == ["means.png", "report.txt", "results", "table.csv"]
    report = (out / "report.txt").read_text()
    assert report.startswith("toy: Toys teach.\nhttps://doi.org/10.1234/toy\n\nseed    mean\n   0")
    assert report in result.stdout
    assert matplotlib.image.imread(out / "means.png").shape[:2] == (260, 260)
    assert result.stderr == ""


def test_the_command_tells_of_failures_and_reports_the_rest(command, tmp_path):
    result = command("toy", "--jobs", 1)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: 1 of 3 runs failed, the first with ValueError: this run fails")
    assert "runs/study-toy/table.csv" in result.stderr
    assert result.stderr.count("\n") == 1
    assert len((tmp_path / "runs/study-toy/report.txt").read_text().splitlines()) == 3 + 1 + 2
    register(toy(tmp_path / "log", ["fail"]))
    result = command("toy", "--jobs", 1, "--out", "broken")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert sorted(os.listdir(tmp_path / "broken")) == ["results", "table.csv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["toi"], "unknown study 'toi'. Did you mean 'toy'?"),
        (["toy", "--jobs", "0"], "jobs is 0; it must be at least 1"),
        (["toy", "--backend", "dsak"], "unknown backend 'dsak'. Did you mean 'dask'?"),
        (["toy", "--backend", "dask"], "needs the address of a scheduler"),
        (["toy", "--scheduler", "tcp://127.0.0.1:1"], "add --backend dask"),
        (["toy", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"], "jobs is for"),
        (["toy", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"], "no scheduler of Dask answered at 'tcp:"),
        (["toy", "--backend", "dask", "--scheduler", "nonsense://1"], "no scheduler of Dask answered at 'nonsense:"),
        (["toy", "--out", __file__], "is a file; name a folder"),
    ],
)
def test_mistakes_get_one_line(command, words, message, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 0.2)
    result = command(*words)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["dask", "distributed"])
def test_a_cluster_needs_an_extra(command, monkeypatch, missing):
    for name in [name for name in sys.modules if name.split(".")[0] in ("dask", "distributed")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    result = command("toy", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr == f"error: a study on a cluster needs {missing}: pip install 'cogdyn[cluster]'\n"


def test_every_study_of_the_table_is_there_and_says_what_it_claims():
    for name in studies.STUDIES:
        study = studies.load_study(name)
        assert study.name == name
        assert study.claim
        assert study.paper.startswith("10.")
        assert 1 <= len(plan(study, quick=True)) <= len(plan(study, quick=False))


@pytest.mark.parametrize("watched", [True, False])
def test_progress_is_seen_on_a_terminal_only(watched, monkeypatch):
    screen = io.StringIO()
    clock = iter((0.0, 6.0))  # four runs in six seconds
    monkeypatch.setattr("cogdyn.lessons.commands.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with RunsProgress(10, Console(file=screen, force_terminal=watched, width=100)) as progress:
        progress(2, 0)
        progress(5, 1)
    shown = screen.getvalue()
    assert ("6/10" in shown and "1 failed" in shown and "0:00:06 left" in shown) == watched
    assert bool(shown) == watched


@pytest.mark.slow
@posix
@pytest.mark.filterwarnings("ignore")  # dask's own, when workers are killed
def test_a_cluster_gives_the_same_table(tmp_path, log, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(workers, "PATIENCE", 1)
    with (
        LocalCluster(n_workers=0, dashboard_address=None) as idle,
        pytest.raises(ConnectionError, match="has no workers: start some with: dask worker tcp://"),
    ):
        run_study(toy(log, ["measure"]), tmp_path / "idle", backend="dask", scheduler=idle.scheduler_address)
    monkeypatch.setattr(workers, "PATIENCE", 300)
    does = ["measure", "measure twice", "fail"]
    local = run_study(toy(log, does), tmp_path / "local", jobs=1)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        where = {"backend": "dask", "scheduler": cluster.scheduler_address}
        assert without_seconds(run_study(toy(log, does), tmp_path / "dask", **where)) == without_seconds(local)
        table = run_study(toy(log, ["measure", "die", "measure"]), tmp_path / "dying", **where)
        assert [row["failed"] is None for row in table] == [True, False, True]
        assert table[1]["failed"].startswith("KilledWorker: ")
        # A worker that cannot import the study: each run fails, the workers live on.
        (tmp_path / "elsewhere.py").write_text("def measure(job): return {}")
        monkeypatch.syspath_prepend(tmp_path)
        foreign = replace(toy(log, ["measure"] * 3), measure=importlib.import_module("elsewhere").measure)
        table = run_study(foreign, tmp_path / "foreign", **where)
        assert [row["failed"] for row in table] == ["ModuleNotFoundError: No module named 'elsewhere'"] * 3
        (row,) = run_study(toy(log, ["measure"]), tmp_path / "again", **where)
        assert row["failed"] is None


@pytest.mark.slow
@posix
@pytest.mark.filterwarnings("ignore")
def test_a_study_ends_when_its_scheduler_does(tmp_path, log):
    from distributed import LocalCluster

    def end(done, failed):
        if done == 2:
            cluster.close()

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        where = {"backend": "dask", "scheduler": cluster.scheduler_address}
        with pytest.raises(WorkersLost, match=r"is gone\. What was finished is kept"):
            run_study(toy(log, ["sleep"] * 50), tmp_path / "out", **where, progress=end)
    assert 2 <= len(results_in(tmp_path / "out")) < 50
