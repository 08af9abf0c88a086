"""Runs that were damaged or forged: refused in one sentence, or read as they were; never another run in silence."""

import pytest
import torch
from damaged_runs import MODEL, copied, damage, memory_limited, parts, rewrite, train_runs
from typer.testing import CliRunner

from cogdyn.agents import RunError, load_run
from cogdyn.lessons.commands.main import app

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folders = train_runs(tmp_path_factory.mktemp("runs"))
    return [(folder, load_run(folder)) for folder in folders]


def outcome(folder, sound, forged):
    """What became of a run: "refused", "as it was", or what is wrong."""
    try:
        with memory_limited(500 * MEGABYTE):
            run = load_run(folder)
    except RunError as error:
        if isinstance(error.__cause__, MemoryError) or "allocate" in str(error):
            return f"memory: {error}"
        return "refused" if len(str(error).splitlines()) == 1 and str(error).isprintable() else f"words: {error}"
    ours, theirs = run.network.state_dict(), sound.network.state_dict()
    same = ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
    if not forged:
        same &= (run.config, run.metrics, run.task) == (sound.config, sound.metrics, sound.task)
        same &= run.memory.keys() == sound.memory.keys()
        same &= all(torch.equal(run.memory[name], sound.memory[name]) for name in run.memory)
    return "as it was" if same else "another run"


def outcomes(runs, seeds, place):
    found = {}
    for seed in seeds:
        folder, sound = runs[seed % len(runs)]
        said = damage(copied(folder, place / "damaged"), seed)
        found[f"{seed} {said}"] = outcome(place / "damaged", sound, forged=said.startswith(("forge", "weights")))
    return found


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 450), marks=pytest.mark.slow)])
def test_a_damaged_run_is_refused_in_a_sentence_or_is_as_it_was(runs, seeds, tmp_path):
    found = outcomes(runs, seeds, tmp_path)
    assert {what: how for what, how in found.items() if how not in ("refused", "as it was")} == {}
    assert set(found.values()) == {"refused", "as it was"}


FORGED = {
    "rule null": {"rule": None},
    "rule without a name": {"rule": {"lr": 1}},
    "rule with a colour for a name": {"rule": {"name": "[/red]"}},
    "task null": {"task": None},
    "task a word": {"task": "GoNogo"},
    "task of nobody": {"task": {"name": "Nothing"}},
    "task of another size": {"task": {"name": "DelayMatchSample"}},
    "network null": {"network": None},
    "training null": {"training": None},
    "seed of the training a word": {"training": {"seed": "x"}},
    "mixture of words": {"task": {"name": "Mixture", "tasks": ["x", "y"]}},
    "mixture of itself": {"task": {"name": "Mixture", "tasks": [{"name": "Mixture", "tasks": []}]}},
    "ring of 10^9": {"task": {"name": "DelayMatchSample", "stimulus": {"type": "Ring", "n": 10**9}}},
}
"""What takes the place of parts of the configuration, under a checksum that fits."""
CHANGED = {
    "20,000 units": ("network", "n_units", 20_000),
    "10^8 inputs": ("network", "n_inputs", 10**8),
    "bins of 1 ns": ("task", "dt", 1e-6),
    "bins of 2^70 ms": ("task", "dt", 2**70),
    "noise of 1e308": ("network", "noise", 1e308),
    "durations of 10^9 ms": ("task", "delay_ms", 1e9),
    "activation of nobody": ("network", "activation", "x"),
    "more arguments": ("network", "x", 1),
}
HEADERS = {
    "format infinite": {"format": float("inf")},
    "format of tomorrow": {"format": 3},
    "steps 1.5": {"step": 1.5},
    "curve null": {"metrics": None},
    "curve of words": {"metrics": [{"step": 4, "loss": "x", "score": 0, "gradient_norm": 0}]},
    "curve without scores": {"metrics": [{"step": 4}]},
    "curve that ends early": {"step": 6},
}


def spoil(folder, kind):
    """Do the damage of this name to a run."""
    header, tensors = parts(folder)
    if kind in FORGED:
        header["config"] |= FORGED[kind]
    elif kind in CHANGED:
        part, name, value = CHANGED[kind]
        header["config"][part][name] = value
    elif kind in HEADERS:
        header |= HEADERS[kind]
    elif kind == "NaN weights":
        tensors["network.recurrent"][0, 0] = torch.nan
    rewrite(folder, header, tensors, sealed=True)
    if kind == "a table of one long word":
        del header["metrics"]
        rewrite(folder, header, tensors)
        (folder / "metrics.csv").write_text("step,loss\n4," + "1" * 200_000)
    elif kind == "a model of another program":
        (folder / MODEL).write_bytes(b"PK" * 100)


KINDS = [*FORGED, *CHANGED, *HEADERS, "NaN weights", "a table of one long word", "a model of another program"]


@pytest.mark.parametrize("kind", KINDS)
def test_show_says_in_one_line_what_is_wrong_with_a_run(runs, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spoil(copied(runs[0][0], tmp_path / "run"), kind)
    with memory_limited(500 * MEGABYTE):
        result = CliRunner().invoke(app, ["show", "run"])
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert "allocate" not in result.stderr


def test_there_are_thirty_kinds_of_damage():
    assert len(KINDS) >= 30
