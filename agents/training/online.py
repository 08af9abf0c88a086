"""Learning online: bin by bin from a stream, without trials and without a reset."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from signal import SIGINT
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...envs.errors import ArgumentError
from ...envs.numbers import whole_number
from ...envs.typechecked import typechecked
from ...envs.wording import short_text
from ..credit.credit_rule import CreditRule
from ..credit.descent import Diverged
from ..credit.loops.learning import warn_of_steps
from ..credit.online import OnlineLearner
from ..credit.rule import Rule
from ..network.own_networks import network_config
from ..network.rate_rnn import RateRNN
from .files import check_unicode, folder_made, locked, write_atomically
from .interrupt import DeferredSignals
from .loop import TrainingDiverged
from .model_file import model_content, read_online
from .run import differences
from .streams import Moments, Recording, moments_of

ONLINE = "online.safetensors"
Progress = Callable[[int, dict[str, float]], None]
"""Called at each row of metrics with the number of bins so far, and the row."""


@dataclass
class OnlineRun:
    """What learning from a stream leaves behind; with it, learning carries on where it ended.

    Attributes:
        network: The network.
        config: Network, rule and seed, as JSON values.
        metrics: One row for each ``report_every`` bins: bin, the number of bins so far, and loss, the mean of those
            that had a target since the row before.
        bins: Number of bins so far.
        tensors: State of the network, traces, generators, what the rule remembers: as named tensors.
        path: Where it lies on disk, if it does.
    """

    network: RateRNN
    config: dict[str, Any]
    metrics: list[dict[str, float]] = field(default_factory=list)
    bins: int = 0
    tensors: dict[str, Tensor] = field(default_factory=dict)
    path: Path | None = None

    def __repr__(self) -> str:
        """Rule, bins and loss."""
        loss = f", loss {self.metrics[-1]['loss']:.4g}" if self.metrics else ""
        return f"OnlineRun({self.config['rule']['name']}, {self.bins:,} bins{loss}, path={str(self.path or '')!r})"


@typechecked
@torch.inference_mode(False)
def learn_online(
    network: RateRNN,
    rule: Rule,
    stream: Recording | Moments,
    bins: int | None = None,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    *,
    report_every: int = 1000,
    ahead: int | None = None,
    resume: bool | OnlineRun = False,
    progress: Progress | None = None,
) -> OnlineRun:
    r"""Learn from a stream bin by bin: no trials, no reset; weights, state and traces are kept from bin to bin.

    .. math:: \Delta W(t) = -\eta\, G(t)

    with what the rule's step adds to the gradient of the bin's own loss, as ``update_every="bin"`` has it: on a stream
    that is one trial long, both do the same. A loop that numba has compiled goes through the bins that are read ahead.

    Args:
        network: The network, changed in place.
        rule: The rule, with ``update_every="bin"``.
        stream: A recording, as a tuple of inputs (T, n_in) and targets (T,) or (T, n_out), NaN where there is none; or
            pairs, one at a time, of an input (n_in,) and its target: a class, a vector (n_out,), or None, for a bin
            from which nothing is learned. ``live_trials(env)`` plays an environment.
        bins: Number of bins to learn from; None until the stream ends.
        seed: Seed of process noise, and of what the rule draws.
        out: Folder for ``online.safetensors``, written at each row of metrics and at the end; None to write nothing.
        report_every: Bins between two rows of metrics.
        ahead: Number of bins that are read before they are learned from; it changes no number but speed. None for 1,
            as a stream may depend on what the network does, and for all up to the next row where it is a recording.
        resume: Carry on from an earlier run, or with True from that in ``out``, with the part of the stream that
            follows; the network takes its weights.
        progress: Called at each row of metrics.

    Returns:
        What was learned; after Ctrl-C too.

    Raises:
        ArgumentError: If the rule cannot learn from streams, or a bin of the stream does not fit the network.
        ValueError: If ``out`` holds a run already, or what resumes is another run.
        FolderInUse: If another process writes into ``out``.
        TrainingDiverged: If a loss or a weight is no longer finite; the last good checkpoint stays in ``out``.
    """
    rule = _checked(rule, network)
    warn_of_steps(rule, network)
    report_every = whole_number("report_every", report_every, minimum=1)
    left = None if bins is None else whole_number("bins", bins, minimum=1)
    recorded = isinstance(stream, tuple)
    ahead = (report_every if recorded else 1) if ahead is None else whole_number("ahead", ahead, minimum=1)
    moments = iter(moments_of(stream))
    config = {"network": network_config(network), "rule": {"name": type(rule).__name__, **rule.config}, "seed": seed}
    run = OnlineRun(network, json.loads(json.dumps(config)))
    with ExitStack() as stack:
        signals = stack.enter_context(DeferredSignals())
        if out is not None:
            run.path = Path(out)
            check_unicode("out", run.path)
            stack.enter_context(folder_made(run.path))
            stack.enter_context(locked(run.path))
        earlier = _earlier(run, resume)
        learner = OnlineLearner(network, rule, seed)
        if earlier is not None:
            learner = _resumed(run, earlier, rule, seed)
        running = run.tensors.get("running", torch.zeros(2, dtype=torch.float64)).tolist()
        while left is None or left > 0:
            n = min(ahead, report_every - run.bins % report_every, *(() if left is None else (left,)))
            stretch = _read(moments, n)
            if stretch:
                try:
                    running = [old + new for old, new in zip(running, _learn(learner, stretch), strict=True)]
                except Diverged as error:
                    message = f"{type(rule).__name__} diverged by bin {run.bins + len(stretch)} ({error})"
                    raise TrainingDiverged(f"{message}. Try a smaller learning rate.") from error
                run.bins += len(stretch)
                left = None if left is None else left - len(stretch)
            if due := bool(stretch) and run.bins % report_every == 0:
                loss = running[0] / running[1] if running[1] else float("nan")
                run.metrics.append({"bin": run.bins, "loss": loss})
                running = [0.0, 0.0]
                if progress is not None:
                    progress(run.bins, run.metrics[-1])
            stop = signals.pending is not None or len(stretch) < n
            if due or stop or left == 0:
                _keep(run, learner, running)
            if stop:
                break
        # Ctrl-C ends the learning, not the program; other signals act at the end of the block.
        if signals.pending == SIGINT:
            signals.pending = None
    return run


def _checked(rule: Rule, network: RateRNN) -> CreditRule[Any]:
    """The rule, if it learns from streams."""
    name = type(rule).__name__
    if not isinstance(rule, CreditRule) or not rule.in_every_bin:
        raise ArgumentError(f"{name} does not change weights in every bin; use a rule with update_every='bin'.")
    if type(rule).finish is not CreditRule.finish and not rule.has_loop():
        raise ArgumentError(f"{name} completes what earlier bins add at the end of a trial, and a stream has no end.")
    if len(rule.descent.schedule) > 1:
        raise ArgumentError("lr is a schedule by updates, and a stream has none; give a number.")
    if network.recurrent.ndim == 3:
        raise ArgumentError("network is an ensemble; a stream is learned from by one network.")
    return rule


def _read(moments: Iterator[tuple[Any, Any]], n: int) -> list[tuple[Any, Any]]:
    """The next bins of a stream, fewer where it ends; a second Ctrl-C ends the wait for a stream that is silent."""
    stretch: list[tuple[Any, Any]] = []
    try:
        stretch.extend(islice(moments, n))
    except KeyboardInterrupt:
        return stretch
    return stretch


def _learn(learner: OnlineLearner, stretch: list[tuple[Any, Any]]) -> tuple[float, float]:
    """Learn from bins; returns the sum of their losses, and how many had a target.

    Raises:
        ArgumentError: If a bin does not fit the network, or both classes and vectors are targets.
    """
    net = learner.network
    n_in, n_out = net.n_inputs, net.n_outputs
    inputs, labels = np.zeros((len(stretch), n_in)), np.zeros((len(stretch), n_out))
    weight, kinds = np.zeros(len(stretch)), set()
    for t, moment in enumerate(stretch):
        if not isinstance(moment, tuple | list) or len(moment) != 2:
            raise ArgumentError(f"the stream yields {short_text(moment)}; expected pairs of an input and its target.")
        u, y = moment
        if np.shape(u) != (n_in,):
            raise ArgumentError(f"an input of the stream has shape {np.shape(u)}; expected ({n_in},).")
        inputs[t] = u
        if y is None:
            continue
        weight[t], classes = 1, np.ndim(y) == 0
        kinds.add(classes)
        if classes:
            if isinstance(y, float | np.floating) or not 0 <= y < n_out:
                raise ArgumentError(f"a target of the stream is {y!r}; allowed: classes from 0 to {n_out - 1}.")
            labels[t, int(y)] = 1
        elif np.shape(y) != (n_out,):
            raise ArgumentError(f"a target of the stream has shape {np.shape(y)}; expected ({n_out},).")
        elif not np.isfinite(y).all():
            raise ArgumentError("a target of the stream is not finite; None stands for a bin without a target.")
        else:
            labels[t] = y
    if len(kinds) > 1 or (True in kinds and net.readout_activation != "linear"):
        raise ArgumentError("targets of a stream are all classes, of a network with a linear readout, or all vectors.")
    like = net.recurrent.detach()
    u, labels_of_u, counts = (torch.from_numpy(part).to(like) for part in (inputs, labels, weight))
    loss = learner.learn(u, labels_of_u, counts, True in kinds)
    return loss, float(weight.sum())


def _keep(run: OnlineRun, learner: OnlineLearner, running: list[float]) -> None:
    """Note where the learning is, on disk too."""
    memory = {f"memory.{name}": value for name, value in learner.rule.state(learner.network).items()}
    run.tensors = learner.tensors() | memory | {"running": torch.tensor(running, dtype=torch.float64)}
    if run.path is not None:
        weights = {f"network.{name}": value for name, value in run.network.state_dict().items()}
        header = {"bins": run.bins, "config": run.config, "metrics": run.metrics}
        write_atomically(run.path / ONLINE, model_content(header, weights | run.tensors))


def _earlier(run: OnlineRun, resume: bool | OnlineRun) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
    """Header and tensors of the run that is resumed.

    Raises:
        ValueError: If there is none, or one that shall not be.
    """
    if isinstance(resume, OnlineRun):
        weights = {f"network.{name}": value.clone() for name, value in resume.network.state_dict().items()}
        header = {"bins": resume.bins, "config": resume.config, "metrics": list(resume.metrics)}
        return header, weights | resume.tensors
    file = None if run.path is None else run.path / ONLINE
    if resume and (file is None or not file.is_file()):
        raise ValueError("resume=True needs out, the folder of the run." if file is None else f"{file} is not there.")
    if not resume:
        if file is not None and file.is_file():
            raise ValueError(f"{run.path} holds a run already; choose another folder, or resume=True to resume it.")
        return None
    assert file is not None
    return read_online(file)


def _resumed(
    run: OnlineRun, earlier: tuple[dict[str, Any], dict[str, Tensor]], rule: CreditRule[Any], seed: int
) -> OnlineLearner:
    """Bring a run to where the earlier one is.

    Raises:
        ValueError: If it is of another network or rule; it says what differs.
    """
    header, tensors = earlier
    for part in ("network", "rule"):
        if differ := differences(run.config[part], header["config"][part]):
            raise ValueError(f"what is resumed learned with another {part}: {differ}.")
    run.bins, run.metrics = header["bins"], header["metrics"]
    run.network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")})
    run.tensors = {name: value for name, value in tensors.items() if not name.startswith("network.")}
    memory = {k.removeprefix("memory."): v for k, v in run.tensors.items() if k.startswith("memory.")}
    rule.restore(run.network, memory)
    learner = OnlineLearner(run.network, rule, seed)
    learner.restore(run.tensors)
    return learner
