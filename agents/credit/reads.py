"""What the change of a synapse may read, and which of it is local."""

from __future__ import annotations

from typing import Literal

Read = Literal[
    "presynaptic rate",
    "own voltage",
    "self-connection",
    "own apical voltage",
    "error broadcast",
    "sent by others",
    "senders of others",
    "voltages of others",
    "errors of others",
    "weights of others",
]
"""What the change of the synapse from j to i may read, itself or by way of what i has learned.

Local: p_j; the voltage of i and its slope; W_ii; the apical voltage of i; L_i, the learning signal of i; and what other
units send to i besides rates, by synapses onto i. Not local: what other synapses receive; the slopes of other units k;
their L_k; and synapses onto other units, or other synapses of W onto i.
"""

LOCAL: tuple[Read, ...] = (
    "presynaptic rate",
    "own voltage",
    "self-connection",
    "own apical voltage",
    "error broadcast",
    "sent by others",
)
