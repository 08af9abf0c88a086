"""What a run holds after a watch, a spreadsheet, a power cut or a hostile hand: all of it, or one sentence."""

import copy
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from damaged_runs import parts, rewrite
from rich.console import Console
from safetensors.torch import save_file

from cogdyn.agents import RateRNN, RunError, load_run, train
from cogdyn.agents.rules import BPTT, RFLO, SCTT
from cogdyn.agents.training.checkpoints import NEXT
from cogdyn.envs import make_task
from cogdyn.lessons.commands.run_report import print_run

TASK = make_task("GoNogo")
FEW = {"steps": 4, "batch_size": 4, "evaluate_every": 2, "n_test": 10, "device": "cpu"}


def network_of(seed=0):
    return RateRNN(TASK.n_inputs, 8, TASK.n_outputs, dt=TASK.dt, seed=seed)


def same(ours, theirs):
    values = zip(ours.network.state_dict().values(), theirs.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in values)


def never(*arguments):
    raise AssertionError("something was made")


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
    header, tensors = parts(folder)
    del header["checksum"], header["metrics"], header["config"]["network"]["frozen"]
    rewrite(folder, header, tensors)
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


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("step,loss\n2,low\n", r"line 2 of .*metrics\.csv is not a row of numbers with a step\.$"),
        ("step,loss\n-2,1\n4,1\n", "no list of rows of numbers, with steps from 0 on in rising order"),
        ('{"loss": 1}', "metrics.csv is not a learning curve: its first line names no column 'step'"),
        ("\0\1\2", "metrics.csv is not a learning curve"),
    ],
)
def test_a_table_of_an_earlier_version_that_holds_no_numbers_is_one_sentence(saved, table, message):
    as_an_earlier_version_wrote_it(saved, table)
    with pytest.raises(RunError, match=message):
        load_run(saved)


def with_described(folder, part, **arguments):
    """Forge a run: other arguments, under a checksum that fits."""
    header, tensors = parts(folder)
    described = header["config"] if part is None else header["config"][part]
    described |= arguments
    rewrite(folder, header, tensors, sealed=True)


@pytest.mark.parametrize("n_units", [10_000, 10**9, -1, "many", None])
def test_a_file_that_claims_to_be_large_is_refused_before_a_network_is_made(saved, monkeypatch, n_units):
    with_described(saved, "network", n_units=n_units)
    monkeypatch.setattr("cogdyn.agents.training.run.network_from_config", never)
    with pytest.raises(RunError, match=r"its weights do not fit its network: recurrent has shape \(8, 8\)"):
        load_run(saved)


@pytest.mark.parametrize("nested", [False, True])
def test_a_file_that_claims_a_huge_task_is_refused_before_one_is_made(saved, monkeypatch, nested):
    huge = {"name": "NBack", "n_items": 10**9}
    with_described(saved, "task", **({"name": "Mixture", "tasks": [huge]} if nested else huge))
    monkeypatch.setattr("cogdyn.agents.training.run.task_from_config", never)
    with pytest.raises(RunError, match=r"its task has n_items = 1,000,000,000, more than 10,000\.$"):
        load_run(saved)


@pytest.mark.parametrize("arguments", [{"dt": 1e-6}, {"delay_ms": {"type": "Uniform", "low": 0, "high": 1e12}}])
def test_a_file_that_claims_endless_trials_is_refused_before_one_is_made(saved, monkeypatch, arguments):
    with_described(saved, "task", **arguments)
    monkeypatch.setattr("cogdyn.agents.training.run.task_from_config", never)
    with pytest.raises(RunError, match=r"its task has \w+_ms = .* in bins of .* ms, more than 100,000\.$"):
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
    model.write_bytes(content)
    header, tensors = parts(saved)
    del tensors["network.recurrent"]
    rewrite(saved, header, tensors)
    with pytest.raises(RunError, match="recurrent has shape None, expected"):
        load_run(saved)


@pytest.mark.parametrize("where", ["header", "curve"])
def test_a_step_is_a_whole_number_at_which_the_curve_ends(saved, where):
    for step in (1.5, True, float("nan"), -1, "4", None, 2, 10**30):
        header, tensors = parts(saved)
        (header if where == "header" else header["metrics"][-1])["step"] = step
        rewrite(saved, header, tensors, sealed=True)
        with pytest.raises(
            RunError, match=r"its (step is|learning curve (ends at update|is no list of rows of numbers))"
        ):
            load_run(saved)


def test_an_empty_curve_of_a_trained_network_is_refused(saved):
    header, tensors = parts(saved)
    rewrite(saved, header | {"metrics": []}, tensors, sealed=True)
    with pytest.raises(RunError, match=r"its learning curve ends at update 0, and its weights are of update 4\.$"):
        load_run(saved)


def test_a_checksum_covers_weights_memory_and_header(saved):
    header, tensors = parts(saved)
    for name, tensor in tensors.items():
        rewrite(saved, header, tensors | {name: tensor + 1})
        with pytest.raises(RunError, match=r"model\.safetensors is damaged \(its content does not have the checksum"):
            load_run(saved)
    header["config"]["training"]["batch_size"] += 1
    rewrite(saved, header, tensors)
    with pytest.raises(RunError, match="does not have the checksum"):
        load_run(saved)
    del header["checksum"]
    rewrite(saved, header, tensors)
    assert load_run(saved).config["training"]["batch_size"] == FEW["batch_size"] + 1


def test_a_run_of_a_rule_of_ones_own_is_shown(saved):
    header, tensors = parts(saved)
    header["config"]["rule"] = {"name": "MyRule", "lr": 0.125, "own": 3}
    rewrite(saved, header, tensors, sealed=True)
    shown = io.StringIO()
    print_run(Console(file=shown, width=200), load_run(saved))
    assert "GoNogo, 8 units, MyRule, 4 updates" in shown.getvalue()
    assert "lr=0.125" in shown.getvalue()


def test_a_checkpoint_that_waits_and_is_damaged_does_not_take_its_place(tmp_path):
    train(TASK, network_of(), BPTT(), out=tmp_path, ensemble=2, **FEW)
    model = tmp_path / "network-2" / "model.safetensors"
    content = model.read_bytes()
    model.with_name(NEXT).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(RunError, match=r"model\.next is damaged \(its content does not have the checksum"):
        train(TASK, network_of(), BPTT(), out=tmp_path, ensemble=2, resume=True, **FEW | {"steps": 6})
    assert model.read_bytes() == content


@pytest.mark.parametrize("name", ["rflo", "sctt"])
def test_runs_from_before_rules_had_fields_load_and_resume(name, tmp_path):
    """Their rules had ``update="bin"``, and no optimizer or costs where these are newer."""
    shutil.copytree(Path(__file__).parent / "runs_of_before" / name, tmp_path / name)
    before = load_run(tmp_path / name)
    sctt = {"lag_ms": 200, "schedule": (0.5, 1.0), "anneal_steps": 4}
    rule = RFLO(update_every="bin", lr=0.01) if name == "rflo" else SCTT(**sctt)
    assert before.step == 4
    assert before.config["rule"] == {"name": type(rule).__name__} | rule.config
    few = FEW | {"steps": 6, "n_test": 20}
    run = train(before.task, copy.deepcopy(before.network), rule, out=tmp_path / name, resume=True, **few)
    assert run.step == 6
    assert run.metrics[:2] == before.metrics
