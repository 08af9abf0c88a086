"""Runs that were damaged or forged: refused in one sentence, or read as they were; never another run in silence."""

import pytest
import torch
from damaged_runs import copied, damage, memory_limited, train_runs

from cogdyn.agents import RunError, load_run

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
