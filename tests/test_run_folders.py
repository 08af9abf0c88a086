"""Folders of runs: claimed before the first update, refused, resumed, and read whatever happened to their table."""

import multiprocessing
import os
import re
import sys

import pytest
import torch

from cogdyn.agents import RateRNN, RunError, load_run, train
from cogdyn.agents.rules import BPTT, RFLO, SCTT
from cogdyn.agents.training.checkpoints import NEXT, Checkpoints
from cogdyn.agents.training.files import FolderInUse, locked
from cogdyn.envs import make_task
from cogdyn.envs.errors import ArgumentError

TASK = make_task("GoNogo")
FEW = {"steps": 4, "batch_size": 4, "evaluate_every": 2, "n_test": 10, "device": "cpu"}


def network_of(seed=0):
    return RateRNN(TASK.n_inputs, 8, TASK.n_outputs, dt=TASK.dt, seed=seed)


def same(ours, theirs):
    values = zip(ours.network.state_dict().values(), theirs.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in values)


def never(network, step):
    raise AssertionError("an update was made")


@pytest.mark.parametrize("ensemble", [None, 2])
def test_a_folder_that_holds_runs_is_refused(tmp_path, ensemble):
    first = train(TASK, network_of(), BPTT(), out=tmp_path, ensemble=ensemble, **FEW)
    what = "a run" if ensemble is None else "an ensemble of 2 networks"
    for size in (None, 2, 3):
        with pytest.raises(ValueError, match=f"holds {what} already; choose another folder, or resume=True"):
            train(TASK, network_of(9), BPTT(), out=tmp_path, ensemble=size, **FEW)
    kept = load_run(tmp_path if ensemble is None else tmp_path / "network-1")
    assert same(kept, first if ensemble is None else first[0])


@pytest.mark.parametrize("ensemble", [None, 2])
def test_a_folder_that_cannot_be_is_refused_before_the_first_update(tmp_path, ensemble):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NotADirectoryError, match="cannot be a folder: there is a file in its place"):
            train(TASK, network_of(), BPTT(), out=out, ensemble=ensemble, progress=never, **FEW)
    assert (tmp_path / "file").read_text() == "mine"
    with locked(tmp_path), pytest.raises(FolderInUse, match=f"process {os.getpid()} is at work in"):
        train(TASK, network_of(), BPTT(), out=tmp_path, ensemble=ensemble, progress=never, **FEW)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are Unicode")
def test_a_name_that_is_not_unicode_is_refused_before_the_first_update(tmp_path):
    out = tmp_path / os.fsdecode(b"caf\xe9")
    with pytest.raises(ArgumentError, match=r"out is '.*caf.udce9', which is not UTF-8"):
        train(TASK, network_of(), BPTT(), out=out, progress=never, **FEW)
    run = train(TASK, network_of(), BPTT(), **FEW)
    with pytest.raises(ArgumentError, match=r"path is .* which is not UTF-8"):
        run.save(out)
    assert os.listdir(tmp_path) == []
    run.save(tmp_path / "café")
    assert load_run(tmp_path / "café").step == 4


def test_a_training_that_never_began_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match="no run to resume"):
        train(TASK, network_of(), BPTT(), out=tmp_path / "a" / "b", resume=True, **FEW)
    assert os.listdir(tmp_path) == []


def _train_into(folder, seed, begin, results):
    begin.wait()
    try:
        train(TASK, network_of(seed), BPTT(), out=folder, **FEW | {"steps": 30})
        results.put(seed)
    except (FolderInUse, ValueError) as error:
        results.put(str(error))


def test_of_two_trainings_into_one_folder_one_is_refused(tmp_path):
    context = multiprocessing.get_context("spawn")
    begin, results = context.Barrier(2), context.Queue()
    both = [context.Process(target=_train_into, args=(tmp_path / "same", s, begin, results)) for s in (1, 2)]
    for process in both:
        process.start()
    ends = [results.get(timeout=300) for _ in both]
    for process in both:
        process.join(timeout=300)
    winner, loser = sorted(ends, key=lambda end: isinstance(end, str))
    assert re.search("is at work in|holds a run already", loser)
    assert load_run(tmp_path / "same").config["network"]["seed"] == winner


def rules():
    return {
        "BPTT": lambda: BPTT(lr=5e-3),
        "SCTT": lambda: SCTT(lag_ms=100, schedule=(0.5, 1), anneal_steps=20, goal=0.4),
        "RFLO": lambda: RFLO(lr=0.02, update_every="bin"),
    }


@pytest.mark.parametrize("name", rules())
def test_a_resumed_ensemble_is_that_of_an_uninterrupted_one(tmp_path, name):
    settings = FEW | {"ensemble": 3, "stop_at": 0.6}
    whole = train(TASK, network_of(), rules()[name](), **settings | {"steps": 12}, out=tmp_path / "whole")
    for steps in (5, 7, 12):
        cut = train(
            TASK, network_of(), rules()[name](), out=tmp_path / "cut", resume=steps > 5, **settings | {"steps": steps}
        )
    for ours, theirs in zip(cut, whole, strict=True):
        assert same(ours, theirs)
        assert ours.memory.keys() == theirs.memory.keys()
        assert all(torch.equal(value, theirs.memory[key]) for key, value in ours.memory.items())
        assert [row for row in ours.metrics if row["step"] % 2 == 0] == theirs.metrics


@pytest.mark.parametrize("goal", [0.01, None])
def test_where_a_goal_ends_a_phase_resumed_is_uninterrupted_too(tmp_path, goal):
    """The evaluation at the last of a few updates is one that an uninterrupted training does not have."""
    rule = lambda: SCTT(lag_ms=100, anneal_steps=100, goal=goal)  # noqa: E731
    settings = FEW | {"evaluate_every": 4}
    whole = train(TASK, network_of(), rule(), **settings | {"steps": 12})
    train(TASK, network_of(), rule(), out=tmp_path, **settings | {"steps": 3})
    assert same(train(TASK, network_of(), rule(), out=tmp_path, resume=True, **settings | {"steps": 12}), whole)


def test_a_network_of_an_ensemble_is_a_run_that_resumes_by_itself(tmp_path):
    runs = train(TASK, network_of(), BPTT(), out=tmp_path, ensemble=2, **FEW)
    whole = train(TASK, network_of(1), BPTT(), **FEW | {"steps": 8})
    alone = train(TASK, network_of(1), BPTT(), out=tmp_path / "network-2", resume=True, **FEW | {"steps": 8})
    for ours, theirs in zip(alone.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match=r"are at updates \[4, 8\]; resume each by itself"):
        train(TASK, network_of(), BPTT(), out=tmp_path, ensemble=2, resume=True, **FEW | {"steps": 12})
    assert [run.step for run in runs] == [4, 4]


def test_what_is_resumed_has_the_size_of_what_is_there(tmp_path):
    train(TASK, network_of(), BPTT(), out=tmp_path / "two", ensemble=2, **FEW)
    train(TASK, network_of(), BPTT(), out=tmp_path / "one", **FEW)
    for size in (None, 1, 3):
        with pytest.raises(ValueError, match="holds an ensemble of 2 networks; resume it with ensemble=2"):
            train(TASK, network_of(), BPTT(), out=tmp_path / "two", ensemble=size, resume=True, **FEW)
    with pytest.raises(ValueError, match="holds the run of one network, not an ensemble of 2"):
        train(TASK, network_of(), BPTT(), out=tmp_path / "one", ensemble=2, resume=True, **FEW)
    with pytest.raises(RunError, match=r"It holds an ensemble: load network-1"):
        load_run(tmp_path / "two")


@pytest.mark.parametrize("renamed", range(8))
def test_a_kill_between_the_checkpoints_of_an_ensemble_costs_none_of_them(tmp_path, monkeypatch, renamed):
    """Whatever number of files took their place before the kill, the networks resume at one step."""
    whole = train(TASK, network_of(), BPTT(), out=tmp_path / "whole", ensemble=2, **FEW | {"steps": 6})
    replace, left = os.replace, [renamed]  # in each of two checkpoints 2 files wait, then 2 take their place

    class Killed(BaseException):
        pass

    def until_killed(source, target):
        if str(target).endswith(("model.safetensors", NEXT)):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        replace(source, target)

    monkeypatch.setattr(os, "replace", until_killed)
    with pytest.raises(Killed):
        train(TASK, network_of(), BPTT(), out=tmp_path / "cut", ensemble=2, **FEW)
    monkeypatch.undo()
    settings = FEW | {"steps": 6, "resume": renamed > 2}
    ours = train(TASK, network_of(), BPTT(), out=tmp_path / "cut", ensemble=2, **settings)
    for s, (a, b) in enumerate(zip(ours, whole, strict=True), start=1):
        assert same(a, b)
        for file in ("model.safetensors", "metrics.csv"):
            assert (tmp_path / f"cut/network-{s}" / file).read_bytes() == (
                tmp_path / f"whole/network-{s}" / file
            ).read_bytes()
        assert sorted(os.listdir(tmp_path / f"cut/network-{s}")) == ["metrics.csv", "model.safetensors"]


def test_what_a_killed_write_left_is_removed(tmp_path):
    train(TASK, network_of(), BPTT(), out=tmp_path, **FEW)
    (tmp_path / ".model.safetensors.123.part").write_bytes(b"half")
    train(TASK, network_of(), BPTT(), out=tmp_path, resume=True, **FEW | {"steps": 6})
    assert sorted(os.listdir(tmp_path)) == ["metrics.csv", "model.safetensors"]


def test_checkpoints_without_a_folder_write_nothing():
    with Checkpoints(None, None) as checkpoints, pytest.raises(ValueError, match="resume=True needs out"):
        checkpoints.take_up([], resume=True)
