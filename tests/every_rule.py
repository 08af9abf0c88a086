"""All rules at all paces, and small networks on which each is defined."""

import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.rules.catalogue import make_rule, rule_arguments, rule_names
from cogdyn.envs import make_task

TASK = make_task("SensorimotorMapping", dt=10)
QUICK = {
    "SCTT": {"lag_ms": 30, "schedule": (0.5, 1), "anneal_steps": 4},
    "DASC": {"lag_ms": 30, "schedule": (0.5, 1), "anneal_steps": 4},
    "GradientSkip": {"lag_ms": 30, "schedule": (0.5, 1), "anneal_steps": 4},
    "CD": {"anneal_steps": 4},
    "RewardHebbian": {"warm_up": 6},
}
IN_TRIALS = [name for name in rule_names() if "update_every" in rule_arguments(name)]
CASES = {name: (name, {}) for name in rule_names()}
CASES |= {f"{name} in every bin": (name, {"update_every": "bin"}) for name in IN_TRIALS}
WITH_FEEDBACK = [name for name in IN_TRIALS if "feedback" in rule_arguments(name)]
CASES |= {
    f"{name}, adaptive, {update}": (name, {"update_every": update, "feedback": "adaptive", "weight_decay": 0.1})
    for name in ("RFLO", "DNI")
    for update in ("trial", "bin")
}


def made(case, **arguments):
    """The rule of a case."""
    name, own = CASES[case]
    return make_rule(name, **QUICK.get(name, {}) | own | arguments)


def suited(case, n_units=6, seed=0, **arguments):
    """A network on which the rule is defined."""
    leak = "voltage" if CASES[case][0] == "RewardHebbian" else "rate"
    arguments = {"activation": "tanh", "leak": leak, "self_connections": True, "noise": 0.05, "tau": 50} | arguments
    return RateRNN(TASK.n_inputs, n_units, TASK.n_outputs, dt=TASK.dt, seed=seed, **arguments).double()


def drawn(seed):
    """A source of noise."""
    return torch.Generator().manual_seed(seed)


def values(tensors):
    """Their bytes by name, to be compared."""
    return {name: value.detach().numpy().tobytes() for name, value in dict(tensors).items()}


def learn(rule, network, numbers, batch_size=4):
    """Update by the batches of these numbers; returns the metrics, and the bytes of the parameters after them."""
    metrics = [rule.update(network, TASK.sample(batch_size, seed=k), drawn(k)) for k in numbers]
    return metrics, values(network.named_parameters())
