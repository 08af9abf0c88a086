"""Promises about updates: arguments, what changes, what stays, and networks that learn together."""

import copy
import json

import numpy as np
import torch

from ....envs.contract.requirement import require
from ...network.ensemble import member, stacked
from ...network.rate_rnn import RateRNN
from .ground import Ground, apart, parameters, same, same_metrics

N_UPDATES = 6
"""Updates until something must have changed."""


def check_configuration(ground: Ground) -> None:
    """Arguments are values of JSON, and the configuration reconstructs the rule."""
    config, name = ground.rule.config, type(ground.rule).__name__
    for argument, value in config.items():
        try:
            kept = json.loads(json.dumps(value)) == value
        except (TypeError, ValueError):
            kept = False
        require(kept, f"the argument {argument} is {value!r}, which JSON does not hold; use numbers, names and lists.")
    try:
        again = ground.fresh_rule().config
    except TypeError as error:
        advice = "let @learning_rule make fields of its arguments, and write no __init__"
        require(False, f"{name} cannot be made again from its configuration: {error}; {advice}.")
        return
    for argument, value in config.items():
        same_value = again.get(argument) == value
        require(same_value, f"made again, {argument} of {name} is {again.get(argument)!r}, and was {value!r}.")


def check_change(ground: Ground) -> None:
    """An update returns a finite loss, changes what learns, and leaves the trials as they are."""
    rule, network = ground.fresh_rule(), ground.fresh_network()
    before, batch = parameters(network), ground.trials(0)
    given = copy.deepcopy(batch)
    for metrics in ground.learn(rule, network, *range(N_UPDATES)):
        require(torch.isfinite(metrics["loss"]).all(), f"the loss of an update is {metrics['loss']}.")
    require(not same(before, parameters(network)), f"{N_UPDATES} updates change no parameter of the network.")
    finite = all(torch.isfinite(value).all() for value in parameters(network).values())
    require(finite, "after a few updates the network holds NaN or infinity; raise Diverged instead of such an update.")
    rule.update(network, batch)
    arrays = [(batch.inputs, given.inputs), (batch.targets, given.targets), (batch.mask, given.mask)]
    require(all(np.array_equal(a, b) for a, b in arrays), "an update changes the trials that it is given.")


def check_frozen(ground: Ground) -> None:
    """Frozen parameters stay as they are, or the rule refuses them with a ValueError."""
    for name, _ in ground.network.named_parameters():
        rule, network = ground.fresh_rule(), ground.fresh_network()
        network.get_parameter(name).requires_grad_(False)
        before = parameters(network)
        try:
            ground.learn(rule, network, *range(N_UPDATES))
        except ValueError:
            continue
        advice = "change nothing where requires_grad is False"
        require(torch.equal(before[name], network.get_parameter(name)), f"{name} is frozen, and changes; {advice}.")


def check_anatomy(ground: Ground) -> None:
    """Masks, Dale's signs and time constants stay, or the rule refuses such networks with a ValueError."""
    half = ground.network.n_units // 2
    anatomies = {
        "Dale's law": {"dale": 0.5},
        "missing synapses": {"density": 0.5},
        "few outputs": {"output_units": range(half)},
    }
    for what, arguments in anatomies.items():
        rule, network = ground.fresh_rule(), ground.fresh_network(**arguments)
        fixed = {name: value.clone() for name, value in network.named_buffers()}
        weights = effective(network)
        try:
            ground.learn(rule, network, *range(N_UPDATES))
        except ValueError:
            continue
        for name, value in network.named_buffers():
            require(torch.equal(value, fixed[name]), f"in a network with {what} an update changes its {name}.")
        for name, before in weights.items():
            silent = effective(network)[name][before == 0]
            require((silent == 0).all(), f"in a network with {what} an update makes {name} weights of absent synapses.")


def check_other_network(ground: Ground) -> None:
    """A rule knows one network: on another it is as if it were new."""
    advice = "let update begin with self.meet(network), and knows say which network it is"
    for other in (ground.network.redrawn(7), ground.larger_network()):
        rule, fresh, twin = ground.fresh_rule(), ground.fresh_rule(), copy.deepcopy(other)
        ground.learn(rule, ground.fresh_network(), 0, 1)
        rule.report(1.0)
        try:
            expected = ground.learn(fresh, twin, 2, 3)
        except ValueError:
            continue  # it is not defined for this size
        kept = same_metrics(ground.learn(rule, other, 2, 3), expected) and same(parameters(other), parameters(twin))
        require(kept, f"what it learned of a network acts on another; {advice}.")


def check_ensemble(ground: Ground) -> None:
    """The networks of an ensemble learn as each would alone, or the rule refuses ensembles with a ValueError."""
    networks = [ground.fresh_network(), ground.network.redrawn(7)]
    rule, ensemble = ground.fresh_rule(), stacked(networks)
    try:
        together = ground.learn(rule, ensemble, 0, 1)
    except ValueError:
        return
    except Exception as error:
        advice = (
            "refuse an ensemble, whose network.recurrent has three axes, with a ValueError if it is for one network"
        )
        require(False, f"an update of an ensemble of two fails, {type(error).__name__}: {error}; {advice}.")
        return
    for s, network in enumerate(networks):
        alone = ground.learn(ground.fresh_rule(), network, 0, 1)
        distance = apart(parameters(member(ensemble, s)), parameters(network))
        require(distance < 1e-7, f"network {s + 1} of an ensemble learns other weights than alone.")
        losses = [float(metrics["loss"][s]) for metrics in together]
        expected = [float(metrics["loss"]) for metrics in alone]
        close = np.allclose(losses, expected, rtol=1e-6, atol=1e-9)
        require(close, f"the losses of network {s + 1} of an ensemble are {losses}, and alone {expected}.")


def effective(network: RateRNN) -> dict[str, torch.Tensor]:
    """The weights in use, by name."""
    names = ("recurrent", "input", "readout")
    return {name: getattr(network, f"{name}_weights").detach().clone() for name in names}
