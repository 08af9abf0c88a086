"""Promises about gradients: what trials add to them, where they lead, and how they are computed."""

import copy
from dataclasses import replace

import torch
from torch import Tensor

from ....envs.contract.requirement import Z, require
from ....envs.trial import TrialBatch
from ...credit.credit_rule import CreditRule
from ...credit.loops.assigning import assigns_on_loops
from ...credit.loops.learning import why_not_compiled
from ...credit.output_error import OutputError
from ...credit.rule import Rule
from ...credit.stepwise import Stepwise
from ...credit.trials import Trials
from ...network.data import tensors
from ...network.rate_rnn import RateRNN
from .ground import Ground, apart, parameters, same, source

SYNAPSES = ("recurrent", "input", "bias")
N_TRIES = 20
LENGTH = 1e-4
"""Of a small step, relative to the parameters."""


def check_no_trace(ground: Ground) -> None:
    """``loss``, ``gradient`` and ``state`` are of the network they are given; they change neither it nor the rule."""
    rule, fresh = ground.fresh_rule(), ground.fresh_rule()
    network, other = ground.fresh_network(), ground.network.redrawn(7)
    ground.learn(rule, network, 0, 1)
    weights, state, batch = parameters(network), copy.deepcopy(rule.state(network)), ground.trials(1)
    readings(ground, rule, network, batch)
    kept = same(readings(ground, rule, other, batch), readings(ground, fresh, ground.network.redrawn(7), batch))
    require(
        kept, "loss, gradient or state of another network go by what was learned of the first: use knowing(network)."
    )
    require(same(weights, parameters(network)), "loss, gradient or state changes the network.")
    require(same(state, rule.state(network)), "loss, gradient or state changes what the rule remembers.")


def readings(ground: Ground, rule: Rule, network: RateRNN, batch: TrialBatch) -> dict[str, Tensor]:
    """All that a rule can be asked of a network, by name."""
    found = {"loss": rule.loss(network, batch, source(1))} | (ground.gradient(network, batch, 1, rule) or {})
    return found | {f"state: {name}": value for name, value in rule.state(network).items()}


def check_sum(ground: Ground) -> None:
    """The gradient of a batch is the mean of those of its trials, unless ``mixes_trials`` is declared."""
    network, batch = quiet(ground), ground.trials(0)
    if ground.rule.mixes_trials or is_random(ground, network):
        return
    whole = ground.gradient(network, batch)
    if whole is None:
        return
    share = batch.mask.sum(axis=0) / batch.mask.sum()
    alone = [ground.gradient(network, batch.trial(b)) for b in range(batch.batch_size)]
    mean = {
        name: torch.stack([float(w) * one[name] for w, one in zip(share, alone, strict=True) if one]).sum(0)
        for name in whole
    }
    advice = "let no trial act on another, or declare mixes_trials = True"
    require(apart(whole, mean) < 1e-6, f"the gradient of a batch is not the mean of those of its trials; {advice}.")


def check_descent(ground: Ground) -> None:
    """A small step along the gradient does not raise the loss on average."""
    network = ground.fresh_network()
    if (gradient := ground.gradient(network, ground.trials(0))) is None:
        return
    go_up, by = raised(ground, {}, tuple(gradient))
    require(not go_up, f"a small step along its gradient raises the loss on average, by {by:.1e} of its length.")
    rule = ground.rule
    if isinstance(rule, CreditRule) and not rule.mixes_trials and "feedback" in rule.config:
        go_up, by = raised(ground, {"feedback": "symmetric"}, SYNAPSES)
        require(
            not go_up,
            f"with symmetric feedback, a small step along what it adds for synapses onto units raises the loss on "
            f"average, by {by:.1e} of its length: step returns the gradient, which is taken from the weights.",
        )


def check_precision(ground: Ground) -> None:
    """Networks in single and in double precision get the same gradient and the same loss."""
    network, batch = quiet(ground), ground.trials(0)
    single, double = network.float(), copy.deepcopy(network).float().double()
    if is_random(ground, double):
        return
    found, expected = ground.gradient(single, batch), ground.gradient(double, batch)
    if found is not None and expected is not None:
        kept = all(found[name].dtype == value.dtype for name, value in single.named_parameters() if name in found)
        require(kept, "the gradient for a network in float32 is not in float32.")
        distance = apart(found, expected)
        require(distance < 1e-4, f"gradients in float32 and float64 differ by {distance:.1e} of their length.")
    losses = [float(ground.learn(ground.fresh_rule(), one, 0)[0]["loss"]) for one in (single, double)]
    require(abs(losses[0] / losses[1] - 1) < 1e-3, f"the loss is {losses[0]} in float32 and {losses[1]} in float64.")


def check_fast_paths(ground: Ground) -> None:
    """What is faster is the same as ``step``: ``steps`` and ``loop`` in every bin, ``assign`` over trials."""
    if not isinstance(ground.rule, CreditRule):
        return
    for network, tolerance in ((quiet(ground), 1e-9), (quiet(ground).float(), 1e-4)):
        rule = ground.fresh_rule()
        assert isinstance(rule, CreditRule)
        if type(rule).assign is not CreditRule.assign or assigns_on_loops(rule, trials_for(ground, rule, network)):
            of_synapses = {name: torch.zeros_like(network.get_parameter(name)) for name in SYNAPSES}
            found = rule.assign(trials_for(ground, rule, network)).gradients
            plain = rule.added_up(trials_for(ground, rule, network)).gradients
            fast = of_synapses | {name: found[name] for name in SYNAPSES if name in found}
            require(apart(fast, plain) < tolerance, "assign is not what step adds up to over trials.")
        if type(rule).steps is not CreditRule.steps:
            fast, plain = bin_by_bin(ground, rule, network)
            require(apart(fast, plain) < tolerance, "steps is not the same as step, bin by bin.")
        # In single precision small changes drown in the rounding of weights.
        if why_not_compiled(rule, network) is None and network.recurrent.dtype == torch.float64:
            fast, plain = learned_in_every_bin(ground, network)
            require(apart(fast, plain) < tolerance, "loop does not learn in every bin what step does.")


def trials_for(ground: Ground, rule: CreditRule, network: RateRNN) -> Trials:
    """Trials to go through."""
    data = tensors(ground.trials(0), network.recurrent)
    errors = OutputError(data, network.n_outputs, network.readout_activation)
    return Trials(network, data.inputs, errors, rule.feedback_weights.of(network), {}, source(0))


@torch.no_grad()
def bin_by_bin(ground: Ground, rule: CreditRule, network: RateRNN) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What each bin adds to the gradient, by ``steps`` and by ``step``."""
    found = []
    trials = trials_for(ground, rule, network)
    for make in (rule.steps, lambda *arguments: Stepwise(rule, rule.begin(*arguments))):
        _, bins = trials.run()
        steps = make(network, trials.inputs.shape[1], {}, source(0))
        added = [steps.step(bin, source(t)).clone() for t, bin in enumerate(bins)]
        found.append({str(t): value for t, value in enumerate(added)})
    return found[0], found[1]


def learned_in_every_bin(ground: Ground, network: RateRNN) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """How parameters change where they do in every bin, by ``loop`` and by ``step``."""
    found = []
    for by_steps in (False, True):
        rule, own = ground.fresh_rule(update_every="bin", optimizer="sgd"), copy.deepcopy(network)
        assert isinstance(rule, CreditRule)
        rule.meet(own)
        learn = rule.learn_by_steps if by_steps else rule.update
        learn(own, ground.trials(0), source(0))
        before = dict(network.named_parameters())
        found.append({name: (value - before[name]).detach() for name, value in own.named_parameters()})
    return found[0], found[1]


def raised(ground: Ground, arguments: dict[str, str], names: tuple[str, ...]) -> tuple[bool, float]:
    """Whether small steps along the gradient for some parameters raise the loss on average, and by how much."""
    rises = []
    for k in range(N_TRIES):
        rule, network, batch = ground.fresh_rule(**arguments), ground.fresh_network(), ground.trials(k)
        if (gradient := ground.gradient(network, batch, k, rule)) is None:
            return False, 0.0
        parts = {name: gradient[name] for name in names if name in gradient}
        norm = torch.cat([part.flatten() for part in parts.values()]).norm()
        if not norm > 0:
            continue
        before = rule.loss(network, batch, source(k)).item()
        with torch.no_grad():
            for name, part in parts.items():
                network.get_parameter(name).sub_(part, alpha=float(LENGTH / norm))
        rises.append((rule.loss(network, batch, source(k)).item() - before) / LENGTH)
    if not rises:
        return False, 0.0
    values = torch.tensor(rises, dtype=torch.float64)
    error = float(values.std(correction=0)) / len(rises) ** 0.5
    return float(values.mean()) > Z * error + 1e-6, float(values.mean())


def quiet(ground: Ground) -> RateRNN:
    """The network without its noise."""
    network = ground.fresh_network()
    network.noise = 0.0
    return network


def is_random(ground: Ground, network: RateRNN) -> bool:
    """Whether what the rule makes of a network without noise depends on what it draws, or needs noise to explore."""
    batch: TrialBatch = replace(ground.trials(0))
    try:
        found = [ground.gradient(copy.deepcopy(network), batch, seed) for seed in (0, 1)]
    except ValueError:
        return True
    if found[0] is None or found[1] is None:
        learned = []
        for seed in (0, 1):
            twin = copy.deepcopy(network)
            ground.fresh_rule().update(twin, batch, source(seed))
            learned.append(parameters(twin))
        return not same(*learned)
    return not same(found[0], found[1])
