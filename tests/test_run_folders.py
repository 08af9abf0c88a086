"""Folders of runs: claimed before the first update, refused, resumed, and read whatever happened to their table."""

import json
import multiprocessing
import os
import re

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cogdyn.agents import RateRNN, RunError, load_run, train
from cogdyn.agents.checkpoints import NEXT, Checkpoints
from cogdyn.agents.files import FolderInUse, locked
from cogdyn.agents.rules import BPTT, RFLO, SCTT
from cogdyn.envs import make_task

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
        "RFLO": lambda: RFLO(lr=0.02, update="bin"),
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


# What a watch returns


def test_a_watch_may_return_what_it_likes_as_long_as_it_is_numbers(tmp_path):
    answers = iter([{}, {"x": 1.0}, {"y": True, "x": torch.tensor(2.5)}, {"z": np.float32(0.5), "n": float("nan")}])
    run = train(TASK, network_of(), BPTT(), out=tmp_path, watch=lambda *_: next(answers), **FEW | {"steps": 8})
    rows = load_run(tmp_path).metrics
    np.testing.assert_equal(rows, run.metrics)
    extra = [{name: row[name] for name in row if name in "xyzn"} for row in rows]
    np.testing.assert_equal(extra, [{}, {"x": 1.0}, {"y": 1.0, "x": 2.5}, {"z": 0.5, "n": float("nan")}])
    assert (tmp_path / "metrics.csv").read_text().startswith("step,loss,score,gradient_norm,x,y,z,n\n")


def test_resuming_with_and_without_a_watch(tmp_path):
    watch = lambda network, step: {"norm": network.recurrent.norm().item()}  # noqa: E731
    train(TASK, network_of(), BPTT(), out=tmp_path, watch=watch, **FEW)
    train(TASK, network_of(), BPTT(), out=tmp_path, resume=True, **FEW | {"steps": 6})
    train(TASK, network_of(), BPTT(), out=tmp_path, resume=True, watch=watch, **FEW | {"steps": 8})
    assert ["norm" in row for row in load_run(tmp_path).metrics] == [True, True, False, True]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "watch returned None; it must return numbers by name"),
        (1.5, r"watch returned 1\.5"),
        ({"step": 99}, "watch returned the name 'step'"),
        ({"x": None}, "watch returned 'x': None; it must be a single number"),
        ({"x": "high"}, "single number"),
        ({"x": np.zeros(2)}, "single number"),
        ({3: 1.0}, "the name 3"),
    ],
)
def test_a_watch_that_returns_something_else_costs_no_update(tmp_path, answer, message):
    with pytest.raises(ValueError, match=message):
        train(TASK, network_of(), BPTT(), out=tmp_path, watch=lambda *_: answer, **FEW)
    assert load_run(tmp_path).step == 2
    assert load_run(tmp_path).metrics[0].keys() == {"step", "loss", "score", "gradient_norm"}


# What can be read


@pytest.fixture
def saved(tmp_path):
    train(TASK, network_of(), BPTT(), out=tmp_path / "run", **FEW)
    return tmp_path / "run"


@pytest.mark.parametrize("table", ["", "step\n", "\ufeffstep;loss\n2,0;zero\n", "nonsense", None])
def test_whatever_happens_to_the_table_the_run_is_as_it_was(saved, table):
    before = load_run(saved)
    (saved / "metrics.csv").unlink() if table is None else (saved / "metrics.csv").write_text(table)
    after = load_run(saved)
    assert same(after, before)
    assert after.metrics == before.metrics
    train(TASK, network_of(), BPTT(), out=saved, resume=True, **FEW | {"steps": 6})
    assert [row["step"] for row in load_run(saved).metrics] == [2, 4, 6]


def as_an_earlier_version_wrote_it(folder, table):
    """A run whose learning curve is in its table alone."""
    tensors = load_file(folder / "model.safetensors")
    with open(folder / "model.safetensors", "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(json.loads(file.read(size))["__metadata__"]["cogdyn"])
    del header["metrics"], header["config"]["network"]["frozen"]
    save_file(tensors, folder / "model.safetensors", {"cogdyn": json.dumps(header)})
    (folder / "metrics.csv").write_text(table, encoding="utf-8")


@pytest.mark.parametrize(
    ("table", "steps", "score"),
    [
        ("step,loss,score,gradient_norm\n2,1,0.5,1\n4,1,0.25,1\n6,1,1,1\n", [2, 4], 0.25),
        ("\ufeffstep;loss;score;gradient_norm\n2.0;1;0,5;1;;\n4.0;1;0,25;1;;\n", [2, 4], 0.25),
        ("step,loss,score,gradient_norm,x\n2,1,0.5,1,\n4,1,0.25,1,7\n", [2, 4], 0.25),
        ("step,loss,score,gradient_norm\n2,1,0.5,1\n", [2, 4], float("nan")),
        ("step,loss,score,gradient_norm\n", [4], float("nan")),
        ("", [4], float("nan")),
    ],
)
def test_runs_of_earlier_versions_are_read_with_what_a_spreadsheet_or_a_power_cut_left(saved, table, steps, score):
    as_an_earlier_version_wrote_it(saved, table)
    run = load_run(saved)
    assert [row["step"] for row in run.metrics] == steps
    assert run.step == 4
    np.testing.assert_equal(run.metrics[-1]["score"], score)


def test_a_table_of_an_earlier_version_that_holds_no_numbers_is_one_sentence(saved):
    as_an_earlier_version_wrote_it(saved, "step,loss\n2,low\n")
    with pytest.raises(RunError, match=r"line 2 of .*metrics\.csv is not a row of numbers with a step\.$"):
        load_run(saved)


def with_described(folder, part, **arguments):
    content = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    ours = json.loads(header["__metadata__"]["cogdyn"])
    ours["config"][part] |= arguments
    header["__metadata__"]["cogdyn"] = json.dumps(ours)
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])


@pytest.mark.parametrize("n_units", [10_000, 10**9, -1, "many", None])
def test_a_file_that_claims_to_be_large_is_refused_before_a_network_is_made(saved, monkeypatch, n_units):
    with_described(saved, "network", n_units=n_units)
    monkeypatch.setattr("cogdyn.agents.run.RateRNN", never)
    with pytest.raises(RunError, match=r"its weights do not fit its network: recurrent has shape \(8, 8\)"):
        load_run(saved)


@pytest.mark.parametrize("nested", [False, True])
def test_a_file_that_claims_a_huge_task_is_refused_before_one_is_made(saved, monkeypatch, nested):
    huge = {"name": "NBack", "n_items": 10**9}
    with_described(saved, "task", **({"name": "Mixture", "tasks": [huge]} if nested else huge))
    monkeypatch.setattr("cogdyn.agents.run.task_from_config", never)
    with pytest.raises(RunError, match=r"its task has n_items = 1,000,000,000, more than 100,000\.$"):
        load_run(saved)


def test_a_file_of_another_program_and_one_that_is_cut_are_one_sentence(saved):
    model = saved / "model.safetensors"
    content = model.read_bytes()
    model.write_bytes(content[:200])
    with pytest.raises(RunError, match=r"cannot be read as a run: model\.safetensors is damaged \(.*\)\.$"):
        load_run(saved)
    save_file({"w": torch.zeros(2)}, model)
    with pytest.raises(RunError, match=r"cannot be read as a run: model\.safetensors was not written by cogdyn\.$"):
        load_run(saved)
    with_nothing = {name: value for name, value in load_file_of(content).items() if name != "network.recurrent"}
    save_file(with_nothing, model, header_of(content))
    with pytest.raises(RunError, match="recurrent has shape None, expected"):
        load_run(saved)


def load_file_of(content):
    from safetensors.torch import load

    return load(content)


def header_of(content):
    size = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + size])["__metadata__"]


def test_checkpoints_without_a_folder_write_nothing():
    with Checkpoints(None, None) as checkpoints, pytest.raises(ValueError, match="resume=True needs out"):
        checkpoints.take_up([], resume=True)
