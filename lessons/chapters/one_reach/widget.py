"""The flow that carries a reach, in the reader's browser: release the state at go, and swap its target on the way."""

from __future__ import annotations

import numpy as np

from ....agents.dynamics import jpca
from ..fixed_points.widget import HeldInput, LiveFlow
from .reachers import Reacher


def live_reach(reacher: Reacher, target: int = 0) -> LiveFlow:
    """The plane in which a network's state turns most in the movement, through its state at go for one target.

    The reader chooses what the network is shown after go: that target, the one on the other side, or none. Released
    where the plane begins, the state is the trial's, and makes the reach in all of state space.

    Args:
        reacher: The network.
        target: Number of the target whose state at go is released.
    """
    batch, go = reacher.batch, reacher.batch.first_bin("reaction")
    turning = jpca(reacher.states[reacher.window("movement", -50, 250)], dt=batch.dt, n_surrogates=1)
    other = (target + batch.batch_size // 2) % batch.batch_size
    end = reacher.window("movement", 0, 500).stop
    paths = reacher.states[go:end, [target, other]]
    shown = {"the target": batch.inputs[go - 1, target], "the other side": batch.inputs[go - 1, other]}
    held = {}
    for label, held_input in {**shown, "no target": np.zeros(reacher.task.n_inputs)}.items():
        u = np.array(held_input, dtype=float)
        u[reacher.task.input_groups["hold"]] = 0.0
        held[label] = HeldInput(u, paths=paths)
    names = ("first axis of rotation", "second axis of rotation")
    return LiveFlow.of(
        reacher.network,
        held,
        origin=reacher.states[go - 1, target],
        axes=turning.planes[0],
        axis_names=names,
        output_names=reacher.task.output_names,
        duration=800,
        view=0 if reacher.task.target_input == "held" else 2,
    )
