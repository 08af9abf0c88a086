"""Folders of runs, damaged at random: by decay of the disk, by hands that edit, by hands that forge."""

import json
import math
import shutil
import sys
from contextlib import contextmanager, suppress

import numpy as np
import torch
from safetensors.torch import load, save

from cogdyn.agents import RateRNN, train
from cogdyn.agents.rules import BPTT, RFLO
from cogdyn.agents.training.model_file import model_content
from cogdyn.envs import Mixture, TruncatedExponential, Uniform, make_task

MODEL = "model.safetensors"
FEW = {"steps": 4, "batch_size": 4, "evaluate_every": 2, "n_test": 10, "device": "cpu"}
NUMBERS = [-1, 0, 1, 1.5, 7, 1e-6, 20_000, 10**8, 2**63, 10**30, 1e308, -1e300, math.nan, math.inf]
WORDS = [None, True, False, "", "x", "\x1b]52;", "[/red]", "GoNogo", [], [1, None], {}, {"type": "Uniform"}]
FORGED = [*NUMBERS, *WORDS, [10**8], [[[]]], {"name": "NBack", "n_items": 10**9}, {"type": "Ring", "n": 10**9}]
FOREIGN = [b"", b"x", b"\0" * 64, b"PK\3\4", b"\x80\4K\1.", b"\xff" * 9, b"{}", b"[" * 10_000, b"step;loss\n;\n"]


def train_runs(folder):
    """Runs of several tasks, each trained for an instant; their folders."""
    durations = {"delay_ms": Uniform(200, 400), "fixation_ms": TruncatedExponential(200, 100, 400)}
    tasks = {
        "gonogo": make_task("GoNogo"),
        "match": make_task("DelayMatchSample", **durations),
        "mixture": Mixture(tasks=[make_task("GoNogo"), make_task("GoNogo", delay_ms=200)]),
    }
    for name, task in tasks.items():
        network = RateRNN(task.n_inputs, 8, task.n_outputs, dt=task.dt, dale=0.75 if name == "match" else None)
        train(task, network, RFLO() if name == "mixture" else BPTT(), out=folder / name, **FEW)
    return [folder / name for name in tasks]


def parts(folder):
    """Header and tensors of a run."""
    content = (folder / MODEL).read_bytes()
    size = int.from_bytes(content[:8], "little")
    return json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["cogdyn"]), load(content)


def rewrite(folder, header, tensors, sealed=False):
    """Write them again; the checksum is the old one, or that of a forger who seals what was changed.

    Without any, and not sealed, it is a file of the format that had none.
    """
    header.pop("checksum", None) if sealed else None
    header = header if sealed or "checksum" in header else header | {"format": 1}
    content = model_content(header, tensors) if sealed else save(tensors, {"cogdyn": json.dumps(header)})
    (folder / MODEL).write_bytes(content)


def damage(folder, seed):
    """Do one damage to a run; returns what it was, in words."""
    rng = np.random.default_rng(seed)
    kinds = (flip, cut, lose, swap, edit, edit, forge, forge, forge, weights)
    kind = kinds[seed % len(kinds)]
    return f"{kind.__name__} {kind(folder, rng)}"


def flip(folder, rng):
    """Flip bits of a few bytes of the model, half of the time in its header."""
    content = bytearray((folder / MODEL).read_bytes())
    end = 8 + int.from_bytes(content[:8], "little") if rng.random() < 0.5 else len(content)
    places = rng.integers(0, end, rng.integers(1, 4)).tolist()
    for place in places:
        content[place] ^= 1 << int(rng.integers(8))
    (folder / MODEL).write_bytes(content)
    return places


def cut(folder, rng):
    """Cut the model, fill it with zeros from somewhere on, or let it grow."""
    content = (folder / MODEL).read_bytes()
    place, way = int(rng.integers(len(content))), int(rng.integers(3))
    ends = (b"", bytes(len(content) - place), content[place:] + bytes(place))
    (folder / MODEL).write_bytes(content[:place] + ends[way])
    return place, way


def lose(folder, rng):
    """Lose a file, or find a folder in its place."""
    name = (MODEL, "metrics.csv")[int(rng.integers(2))]
    (folder / name).unlink()
    if rng.random() < 0.5:
        (folder / name).mkdir()
    return name


def swap(folder, rng):
    """Find something else in a file."""
    name, content = (MODEL, "metrics.csv")[int(rng.integers(2))], FOREIGN[rng.integers(len(FOREIGN))]
    (folder / name).write_bytes(content)
    return name, content


def edit(folder, rng, sealed=False):
    """Change, or take away, one value in the header."""
    header, tensors = parts(folder)
    holder, key = places(header)[rng.integers(len(places(header)))]
    value = FORGED[rng.integers(len(FORGED))]
    said = key, holder[key], value
    if rng.random() < 0.1:
        del holder[key]
    else:
        holder[key] = value
    rewrite(folder, header, tensors, sealed)
    return said


def forge(folder, rng):
    """An edit with a checksum that fits."""
    return edit(folder, rng, sealed=True)


def weights(folder, rng):
    """Take away, double, turn, round or spoil one tensor."""
    header, tensors = parts(folder)
    name = list(tensors)[rng.integers(len(tensors))]
    tensor = tensors.pop(name)
    others = [
        {},
        {f"{name}2": tensor, name: tensor.clone()},
        {name: tensor.flatten()[None].contiguous()},
        {name: tensor.to(torch.float16)},
        {name: torch.full_like(tensor.to(torch.float32), torch.nan)},
    ]
    way = int(rng.integers(len(others)))
    rewrite(folder, header, tensors | others[way], sealed=way != 3)
    return name, way


def places(values):
    """Every place in JSON values: what holds it and under which name."""
    keys = list(values) if isinstance(values, dict) else list(range(len(values)))
    own = [(values, key) for key in keys]
    return own + [place for key in keys if isinstance(values[key], (dict, list)) for place in places(values[key])]


def copied(folder, target):
    """A copy of a run, in the place of an earlier one."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target


@contextmanager
def memory_limited(more):
    """Within the block this process may ask for so many more bytes of address space, where the system counts them."""
    with suppress(ImportError):
        import resource
    if sys.platform != "linux":
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
