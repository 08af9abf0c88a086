"""A trained network that runs live in the reader's browser, with no Python behind it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch

from ....agents.network.activations import READOUTS
from ....agents.network.rate_rnn import RateRNN
from ....agents.training.evaluation import check_fit
from ....agents.training.run import Run
from ....envs.painted_task import PaintedTask
from ....envs.task import Task
from ....envs.typechecked import typechecked
from ....envs.typical import typical
from ...figures.conditions import group
from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style

_LEAKS = ("voltage", "rate")
_ACTIVATIONS = ("tanh", "relu", "rectified_tanh", "softplus", "sigmoid")
_POPULATIONS = ("excitatory", "inhibitory")


class LiveNetwork(WithStill, anywidget.AnyWidget):
    r"""A trained leaky rate network to play with: change its time constant, noise and delay, silence units.

    The network travels in the page and runs there, so the widget also works in the built book, from a web
    server or from a file on disk. In a notebook the controls are traits: read ``live.silenced`` after a
    lesion, or set ``live.delay = 2000`` to move the slider.

    With :math:`\alpha = dt / \tau`, drive :math:`d_t = W r_{t-1} + W_{in} u_t + b` and standard normal
    :math:`\xi_t`, a leak on the voltage is

    .. math:: x_t = (1 - \alpha) x_{t-1} + \alpha d_t + \sqrt{2 \alpha}\, \sigma \xi_t, \quad r_t = f(x_t)

    from :math:`x_0 = h_0`, and a leak on the rate, from :math:`r_0 = h_0`,

    .. math:: r_t = (1 - \alpha) r_{t-1} + \alpha f(d_t + \sqrt{2 / \alpha}\, \sigma \xi_t).

    The readout is :math:`z_t = g(W_{out} r_t + b_{out})`, with g the identity or the logistic function.

    The answer is read as :meth:`cogdyn.envs.Task.score` does: the output that is largest on average over the
    response period, once ``grace_ms`` have passed. Next to it is its mean softmax probability in these bins.

    Args:
        network: The network: ``leak`` ("voltage" or "rate"), ``activation`` ("tanh", "relu",
            "rectified_tanh", "softplus" or "sigmoid"), ``dt`` (ms), ``tau`` (N,) (ms), ``noise`` (standard
            deviation), ``recurrent`` (N, N), ``input`` (N, n_in), ``bias`` (N,), ``readout`` (n_out, N),
            ``readout_bias`` (n_out,), ``h0`` (N,) and, where known, ``readout_activation`` ("linear" or "sigmoid")
            and ``populations`` (N,) of "excitatory" and "inhibitory".
        trials: What it can be shown. Each has a ``label``; its ``periods``, a list of ``name``, ``ms`` and
            ``inputs`` (n_in,); its ``answer``, the index of the correct output, or None where outputs are not
            choices; and perhaps ``response``, the period in which the answer is read, else the last one.
        input_names: A name for every input channel, (n_in,).
        output_names: A name for every output, (n_out,).
        observation_noise: Standard deviation of the noise added to every input in every bin.
        grace_ms: How long after the start of the response period no answer is read (ms).
        **settings: How the controls are set at first: ``trial``, ``tau_factor``, ``noise``, ``delay`` (ms),
            ``silenced``, ``seed``.

    Raises:
        ValueError: If an array has the wrong shape, a name is unknown or a trial does not fit the network.
    """

    _esm = browser_module(
        "element.mjs",
        "dynamics.mjs",
        "picture.mjs",
        "controls.mjs",
        "units.mjs",
        "remembering/widget.mjs",
    )
    _css = widget_style("live.css")

    network = traitlets.Dict().tag(sync=True)
    trials = traitlets.List().tag(sync=True)
    input_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    output_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    observation_noise = traitlets.Float(0.0, min=0).tag(sync=True)
    grace_ms = traitlets.Float(0.0, min=0).tag(sync=True)

    trial = traitlets.Int(0, min=0, help="Index of the trial that is shown.").tag(sync=True)
    tau_factor = traitlets.Float(1.0, min=0.25, max=4, help="Factor on every time constant.").tag(sync=True)
    noise = traitlets.Float(None, allow_none=True, min=0, help="Noise; None: as trained.").tag(sync=True)
    delay = traitlets.Float(None, allow_none=True, min=0, help="ms; None: the trial's own.").tag(sync=True)
    silenced = traitlets.List(traitlets.Int(), help="Units held at rate zero.").tag(sync=True)
    seed = traitlets.Int(0, min=0, help="Seed of the noise.").tag(sync=True)

    def __init__(
        self,
        network: Mapping[str, Any],
        trials: Sequence[Mapping[str, Any]],
        input_names: Sequence[str],
        output_names: Sequence[str],
        observation_noise: float = 0.0,
        grace_ms: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(
            network=_plain_network(network, len(input_names), len(output_names)),
            trials=[_plain_trial(trial, len(input_names), len(output_names)) for trial in trials],
            input_names=[str(name) for name in input_names],
            output_names=[str(name) for name in output_names],
            observation_noise=float(observation_noise),
            grace_ms=float(grace_ms),
            **settings,
        )
        if not self.trials:
            raise ValueError("a live network needs at least one trial to show")

    @classmethod
    def of(
        cls, network: RateRNN | Run[RateRNN], task: Task | None = None, max_trials: int = 16, **settings: Any
    ) -> Self:
        """A network or run on the trials of its task: one for each condition, drawn durations at their median.

        Args:
            network: A network, or a run of one.
            task: The task; that of the run when None.
            max_trials: Largest number of conditions to choose from.
            **settings: How the controls are set at first, as above.

        Raises:
            ValueError: If there is no task, it does not fit the network, or its inputs cannot be painted period
                by period: because they change within a period, or follow the choices of the network.
        """
        if isinstance(network, Run):
            network, task = network.network, network.task if task is None else task
        if task is None:
            raise ValueError("a network alone has no trials: name a task.")
        if not isinstance(task, PaintedTask):
            raise ValueError(f"{task.name} is made of other tasks; name one that paints its own trials.")
        if task.dt != network.dt:
            raise ValueError(f"the task has bins of {task.dt:g} ms, the network of {network.dt:g} ms.")
        check_fit(task, network)
        return cls(
            _weights(network),
            _conditions(task, max_trials),
            task.input_names,
            task.output_names,
            observation_noise=task.noise_std,
            grace_ms=task.grace_ms,
            **settings,
        )


@typechecked
def _weights(network: RateRNN) -> dict[str, Any]:
    def array(tensor: torch.Tensor) -> np.ndarray:
        return tensor.detach().cpu().numpy()

    weights = {
        "leak": network.leak,
        "activation": network.activation,
        "readout_activation": network.readout_activation,
        "dt": network.dt,
        "noise": network.noise,
        "tau": array(network.tau),
        "recurrent": array(network.recurrent_weights),
        "input": array(network.input_weights),
        "bias": array(network.bias),
        "readout": array(network.readout_weights),
        "readout_bias": array(network.readout_bias),
        "h0": array(network.h0),
    }
    if network.signs is not None:
        weights["populations"] = [_POPULATIONS[int(sign < 0)] for sign in network.signs.tolist()]
    return weights


def _conditions(task: PaintedTask, maximum: int) -> list[dict[str, Any]]:
    if task.n_segments > 1:
        raise ValueError(f"the inputs of {task.name} follow the choices made so far; a painted trial cannot.")
    quiet = typical(dataclasses.replace(task, noise=0.0))
    batch = quiet.sample(200, seed=0)
    groups = group(quiet, batch)
    trials = []
    for condition, label in enumerate(groups.labels[:maximum]):
        one = batch.trial(int(np.flatnonzero(groups.index == condition)[0]))
        periods = []
        for name, ((start,), (stop,)) in one.periods.items():
            inputs = one.inputs[start:stop, 0]
            if len(inputs) and np.ptp(inputs, axis=0).max() > 0:
                raise ValueError(f"the inputs of {task.name} change within the period {name!r}.")
            held = inputs[0] if len(inputs) else np.zeros(task.n_inputs)
            periods.append({"name": name, "ms": (stop - start) * one.dt, "inputs": held})
        choice = task.kind == "choice"
        ((_, (end,)),) = one.windows(task.response_period)
        answer = int(one.targets[end - 1, 0]) if choice else None
        trials.append({"label": label, "periods": periods, "answer": answer, "response": task.response_period})
    return trials


def _plain_network(network: Mapping[str, Any], n_in: int, n_out: int) -> dict[str, Any]:
    n = len(network["tau"])
    plain = {
        "leak": _known(network["leak"], _LEAKS, "leak"),
        "activation": _known(network["activation"], _ACTIVATIONS, "activation"),
        "readout_activation": _known(network.get("readout_activation", "linear"), [*READOUTS], "readout_activation"),
        "dt": float(network["dt"]),
        "noise": float(network["noise"]),
        "tau": _numbers(network["tau"], (n,), "tau"),
        "recurrent": _numbers(network["recurrent"], (n, n), "recurrent"),
        "input": _numbers(network["input"], (n, n_in), "input"),
        "bias": _numbers(network["bias"], (n,), "bias"),
        "readout": _numbers(network["readout"], (n_out, n), "readout"),
        "readout_bias": _numbers(network["readout_bias"], (n_out,), "readout_bias"),
        "h0": _numbers(network["h0"], (n,), "h0"),
    }
    populations = network.get("populations")
    if populations is not None:
        if len(populations) != n:
            raise ValueError(f"populations has {len(populations)} entries for {n} units")
        plain["populations"] = [_known(kind, _POPULATIONS, "population") for kind in populations]
    return plain


def _plain_trial(trial: Mapping[str, Any], n_in: int, n_out: int) -> dict[str, Any]:
    label, answer = str(trial["label"]), trial.get("answer")
    if answer is not None and not 0 <= int(answer) < n_out:
        raise ValueError(f"trial {label!r}: answer {answer} is not the index of one of {n_out} outputs")
    periods = [
        {
            "name": str(period["name"]),
            "ms": float(period["ms"]),
            "inputs": _numbers(period["inputs"], (n_in,), f"trial {label!r}, period {period['name']!r}"),
        }
        for period in trial["periods"]
    ]
    if not sum(period["ms"] for period in periods) > 0:
        raise ValueError(f"trial {label!r} has no duration")
    response = trial.get("response")
    if response is not None:
        _known(response, [period["name"] for period in periods], f"response period of trial {label!r}:")
    answer = None if answer is None else int(answer)
    return {"label": label, "periods": periods, "answer": answer, "response": response}


def _known(name: str, names: Sequence[str], what: str) -> str:
    if name not in names:
        raise ValueError(f"unknown {what} {name!r}; known are {', '.join(names)}")
    return name


def _numbers(values: Any, shape: tuple[int, ...], what: str) -> list[Any]:
    """Nested lists of the shortest decimals that read back as the given numbers: a float32 stays short in a page."""
    array = np.asarray(values)
    if array.shape != shape:
        raise ValueError(f"{what} has the shape {array.shape}, expected {shape}")
    if array.dtype != np.float32:
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{what} has entries that are not finite")
    return np.array([float(str(value)) for value in array.ravel()]).reshape(shape).tolist()
