"""What the change of a synapse may read, and which of it is local."""

from typing import Literal

Read = Literal[
    "presynaptic rate",
    "own voltage",
    "own perturbation",
    "self-connection",
    "own apical voltage",
    "error broadcast",
    "reward",
    "sent by others",
    "senders of others",
    "voltages of others",
    "errors of others",
    "weights of others",
]
"""What the change of the synapse from j to i may read, itself or by way of what i has learned.

Local: p_j; the voltage of i and its slope; what i tries at random; W_ii; the apical voltage of i; L_i, the learning
signal of i; the reward, one number for all; and what other units send to i besides rates, by synapses onto i. Not
local: what other synapses receive; the slopes of other units k; their L_k; and synapses onto other units, or other
synapses of W onto i.
"""
NOT_LOCAL: tuple[Read, ...] = ("senders of others", "voltages of others", "errors of others", "weights of others")

THREE_FACTORS: tuple[Read, ...] = ("presynaptic rate", "own voltage", "error broadcast")
"""What a synapse reads under a three-factor rule: its sender, its own unit, and what reaches that of the errors."""
JACOBIAN: tuple[Read, ...] = (
    *THREE_FACTORS,
    "self-connection",
    "voltages of others",
    "errors of others",
    "weights of others",
)
"""What a synapse reads where credit goes from unit to unit by the Jacobian of the network."""

Local = Literal["yes", "no", "not applicable", "not declared"]


def locality(reads: tuple[Read, ...] | None) -> Local:
    """Whether a synapse reads only what is available there.

    Args:
        reads: What its change reads: nothing where no synapse onto a unit changes, None where that is not declared.
    """
    if reads is None:
        return "not declared"
    if not reads:
        return "not applicable"
    return "no" if set(reads) & set(NOT_LOCAL) else "yes"
