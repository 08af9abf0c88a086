"""A network of multi-compartment units that learns in the reader's browser, with switches for all that it learns by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ....agents.credit.feedback import Feedback
from ....agents.credit.synthetic_gradient import first_apical
from ....agents.network.rate_rnn import RateRNN
from ....envs.tasks.streams.tasks import Add
from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style


class LiveCompartments(WithStill, anywidget.AnyWidget):
    r"""Switch compartments, phases, transport and feedback on and off, and watch what is still learned.

    A small network of tanh units that leak on the rate learns the task Add, in every bin, by the rule of
    :class:`cogdyn.agents.rules.Compartments`, whose numbers the browser computes itself; so it works as well in a
    static page. Below the loss stand the basal and the apical voltage of one unit in one trial, and what each phase
    finds in one bin. In a notebook the controls are traits.

    Args:
        networks: Networks to choose from, each as lists: ``alpha``, ``recurrent`` (N, N), ``input`` (N, 2), ``bias``
            (N,), ``readout`` (2, N), ``readout_bias`` (2,), ``random`` (2, N), random feedback weights, and ``apical``
            (N, N + 3), the first weights onto apical dendrites.
        tasks: Tasks to choose from: ``name``, ``lags`` and ``lr``, the learning rate.
        training: ``batch``, ``steps`` (bins of a trial that count), ``updates``, ``lrApical``, ``lrJacobian``,
            ``refresh``, ``clip`` and ``block``.
        **settings: How the controls are set at first: ``network``, ``task``, ``inhibited``, ``feedback``,
            ``transport``, ``phases``, ``unit``.
    """

    _esm = browser_module(
        "element.mjs",
        "picture.mjs",
        "controls.mjs",
        "compartments/rule.mjs",
        "compartments/widget.mjs",
    )
    _css = widget_style("live.css", "compartments/widget.css")

    networks = traitlets.List().tag(sync=True)
    tasks = traitlets.List().tag(sync=True)
    training = traitlets.Dict().tag(sync=True)

    network = traitlets.Int(0, min=0, help="Which network.").tag(sync=True)
    task = traitlets.Int(0, min=0, help="Which task.").tag(sync=True)
    inhibited = traitlets.List(
        traitlets.Enum(("apical", "label", "teacher", "carrier")), help="Compartments that are shut."
    ).tag(sync=True)
    feedback = traitlets.Enum(("random", "symmetric"), "random").tag(sync=True)
    transport = traitlets.Enum(("mirrored", "shared"), "mirrored").tag(sync=True)
    phases = traitlets.Enum(("every_step", "alternate"), "every_step").tag(sync=True)
    unit = traitlets.Int(0, min=0, help="The unit whose voltages are drawn.").tag(sync=True)

    @classmethod
    def of(
        cls,
        networks: Sequence[RateRNN],
        tasks: Sequence[Add],
        lrs: Sequence[float],
        batch_size: int = 8,
        updates: int = 300,
        **settings: Any,
    ) -> Self:
        """Networks and what they are to learn.

        Args:
            networks: Small networks that differ in their seed.
            tasks: Tasks Add that differ in their lags.
            lrs: A learning rate for each.
            batch_size: Number of trials in an update.
            updates: Number of updates after which learning pauses by itself.
            **settings: How the controls are set at first, as above.

        Raises:
            ValueError: If a network is not one of tanh units that leak on the rate, or lacks synapses, a task has no
                learning rate, holds its bits for longer than a bin or has noise, or a setting does not fit.
        """
        for network in networks:
            if network.activation != "tanh" or network.leak != "rate" or not network.recurrent_mask.all():
                raise ValueError("compartments learn here with activation='tanh', leak='rate', self_connections=True.")
        if len(lrs) != len(tasks) or not tasks or not networks:
            raise ValueError(f"{len(networks)} networks, {len(tasks)} tasks and {len(lrs)} learning rates do not fit.")
        for task in tasks:
            if task.tau_task != 1 or task.noise or task.labels != "probabilities":
                raise ValueError("the browser knows Add with tau_task=1, noise=0 and labels='probabilities'.")
        limits = {"network": len(networks) - 1, "task": len(tasks) - 1, "unit": networks[0].n_units - 1}
        for name, limit in limits.items():
            if not 0 <= settings.get(name, 0) <= limit:
                raise ValueError(f"{name} is {settings[name]}; allowed: 0 to {limit}.")
        training = {"batch": batch_size, "steps": tasks[0].n_steps, "updates": updates, "refresh": 5, "clip": 1.0}
        training |= {"lrApical": 0.01 * 32 / networks[0].n_units, "lrJacobian": 1e-3, "block": 50}
        settings_of_tasks = [
            {
                "name": f"lags {int(task.lags[0])} and {int(task.lags[1])}",
                "lags": [int(lag) for lag in task.lags],
                "lr": lr,
            }
            for task, lr in zip(tasks, lrs, strict=True)
        ]
        return cls(
            networks=[_lists(network) for network in networks], tasks=settings_of_tasks, training=training, **settings
        )


def _lists(network: RateRNN) -> dict[str, Any]:
    arrays = {
        "recurrent": network.recurrent_weights,
        "input": network.input_weights,
        "bias": network.bias,
        "readout": network.readout_weights,
        "readout_bias": network.readout_bias,
        "random": Feedback("random").of(network),
        "apical": first_apical(network, 0),
    }
    return {"alpha": float(network.alpha[0])} | {
        name: _short(tensor.detach().cpu().numpy()) for name, tensor in arrays.items()
    }


def _short(array: np.ndarray) -> list[Any]:
    """Numbers with six significant digits: they stay short in a page."""
    return [_short(row) if row.ndim else float(f"{row:.6g}") for row in array]
