"""``check_rule`` passes every rule of ours, and names what is wrong with one that breaks a promise."""

import contextlib
import io
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from every_rule import CASES, TASK, made, suited
from torch import Tensor
from typer.testing import CliRunner

from cogdyn.agents import RateRNN, check_rule, learning_rule, load_run, train
from cogdyn.agents.credit import THREE_FACTORS, CreditRule, no_traces, outer
from cogdyn.agents.credit.bins import contribution
from cogdyn.agents.credit.diagonal_traces import DiagonalTraces
from cogdyn.agents.measures.contract import CHECKS
from cogdyn.agents.rules import RFLO, RewardHebbian
from cogdyn.envs import ContractError
from cogdyn.lessons.commands.main import app

PAGE = Path(__file__).parents[1] / "book/your-own-rule.md"


@pytest.mark.parametrize("case", CASES)
def test_every_rule_of_ours_keeps_all_promises(case):
    rule, network = made(case), suited(case)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    config = rule.config
    check_rule(rule, network, TASK)
    assert rule.config == config
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_network_and_a_task_are_made_where_none_is_given():
    check_rule(RFLO())
    with pytest.raises(ContractError, match=r"RewardHebbian cannot be checked:\s+ValueError: .* leak='voltage'"):
        check_rule(RewardHebbian())
    with pytest.raises(ValueError, match="the network has 3 inputs and 2 outputs, and the task SensorimotorMapping"):
        check_rule(RFLO(), RateRNN(3, 4, 2))


class Own(CreditRule[Tensor]):
    """Murray's rule, as a reader would write it."""

    def begin(self, network, batch_size, memory, generator):
        return no_traces(network, batch_size)

    def step(self, P, bin, generator, /):
        P = (1 - bin.alpha)[:, None] * P + outer(bin.gate, bin.senders)
        return P, (bin.learning_signal[..., None] * P).sum(-3)


def broken(**members) -> Any:
    """A rule made of the sound one, with other members."""
    return learning_rule(type("Broken", (Own,), members))


def test_a_rule_as_a_reader_writes_it_is_sound():
    check_rule(broken(reads=THREE_FACTORS)(feedback="random"))


def without_loss(self, network, batch, generator=None):
    return {"score": 1.0}


def nothing(self, network, batch, generator=None):
    return {"loss": 1.0}


def paints_over(self, network, batch, generator=None):
    batch.inputs[:] = 0
    return Own.update(self, network, batch, generator)


def thaws(self, network, batch, generator=None):
    network.requires_grad_(True)
    return Own.update(self, network, batch, generator)


def grows_synapses(self, network, batch, generator=None):
    network.recurrent_mask.fill_(1)
    return Own.update(self, network, batch, generator)


def first_alone(self, network, batch, generator=None):
    metrics = Own.update(self, network, batch, generator)
    return metrics if isinstance(metrics["loss"], float) else metrics | {"loss": metrics["loss"][[0, 0]]}


def counts_at(self, network, batch, generator=None):
    """It learns less and less, by a number that it keeps for itself."""
    self.n = getattr(self, "n", 0) + 1
    before = [value.detach().clone() for value in network.parameters()]
    metrics = Own.update(self, network, batch, generator)
    with torch.no_grad():
        for value, old in zip(network.parameters(), before, strict=True):
            value.copy_(old + (value - old) / self.n)
    return metrics


def keeps_on_restore(self, network, state):
    if state:
        Own.restore(self, network, state)


def forgetful_copy(self, memo):
    return type(self)(**self.config)


def loses_weights(self, network, batch, generator=None):
    with torch.no_grad():
        network.bias.add_(0.1)
    return Own.loss(self, network, batch, generator)


def of_all_trials(self, P, bin, generator, /):
    P, _ = Own.step(self, P, bin, generator)
    return P, (bin.learning_signal.sum(-2, keepdim=True)[..., None] * P).sum(-3)


def upwards(self, P, bin, generator, /):
    P, gradient = Own.step(self, P, bin, generator)
    return P, -gradient


def in_half_precision(self, P, bin, generator, /):
    P, gradient = Own.step(self, P, bin, generator)
    return P, gradient if gradient.dtype == torch.float64 else gradient.bfloat16().to(gradient.dtype)


def hurried(self, trials):
    assigned = CreditRule.assign(self, trials)
    return assigned._replace(gradients={name: 1.01 * value for name, value in assigned.gradients.items()})


def with_self_connections(self, network, batch_size, memory, generator):
    return DiagonalTraces(network, batch_size, own_synapse=True)


def impure(self, P, bin, generator, /):
    self.n = getattr(self, "n", 0) + 1
    P, gradient = Own.step(self, P, bin, generator)
    return P, gradient / self.n


def by_the_jacobian(self, P, bin, generator, /):
    P = bin.jacobian_times(P) + outer(bin.gate, bin.senders)
    return P, (bin.learning_signal[..., None] * P).sum(-3)


def without_traces(self, P, bin, generator, /):
    return P, contribution(torch.ones_like(bin.gate), bin)


BROKEN = {
    "no loss": (broken(update=without_loss), "it must return a dictionary with the loss"),
    "nothing changes": (broken(update=nothing), "6 updates change no parameter"),
    "trials change": (broken(update=paints_over), "an update changes the trials that it is given"),
    "frozen weights change": (broken(update=thaws), "recurrent is frozen, and changes"),
    "new synapses": (broken(update=grows_synapses), "missing synapses an update changes its recurrent_mask"),
    "another network": (broken(update=counts_at), "what it learned of a network acts on another"),
    "ensemble": (broken(update=first_alone), "the losses of network 2 of an ensemble are"),
    "not restored": (broken(update=counts_at), "with its state restored, a rule continues in another way"),
    "not forgotten": (broken(restore=keeps_on_restore), r"after restore\(network, {}\) it still goes by"),
    "copies": (broken(__deepcopy__=forgetful_copy), "copied together with its network, a rule continues in another"),
    "loss changes weights": (broken(loss=loses_weights), "loss, gradient or state changes the network"),
    "trials act on each other": (broken(step=of_all_trials), "is not the mean of those of its trials"),
    "upwards": (broken(step=upwards), "step returns the gradient, which is taken from the weights"),
    "precision": (broken(step=in_half_precision), "gradients in float32 and float64 differ by"),
    "fast over trials": (broken(assign=hurried), "assign is not what step adds up to"),
    "fast in every bin": (broken(steps=with_self_connections), "steps is not the same as step, bin by bin"),
    "not pure": (broken(step=impure), "the same bins give another gradient each time"),
    "not declared": (
        broken(step=by_the_jacobian, reads=THREE_FACTORS),
        "depends on self-connection, voltages of others, weights of others, which reads does not",
    ),
    "declared": (
        broken(step=without_traces, reads=THREE_FACTORS),
        "reads declares error broadcast, on which the change",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_promise_is_named(what):
    cls, message = BROKEN[what]
    with pytest.raises(ContractError) as error:
        check_rule(cls(), suited("RFLO"), TASK)
    assert message.replace("\\", "") in " ".join(str(error.value).split())


def test_what_cannot_be_made_again_is_one_sentence():
    class Initialised(Own):
        def __init__(self, lr_of_mine):
            super().__init__(lr=lr_of_mine)

    with pytest.raises(ContractError, match=r"(?s)cannot be made again from its configuration:.*write\s+no __init__"):
        check_rule(Initialised(0.1), suited("RFLO"), TASK)

    @learning_rule
    class Tensors(Own):
        weights: Any = None

    with pytest.raises(ContractError, match=r"(?s)the argument weights is tensor.*which JSON does not hold"):
        check_rule(Tensors(weights=torch.zeros(2)), suited("RFLO"), TASK)


@pytest.fixture(scope="module")
def page():
    """What the cells of the page define and print, one after the other."""
    space, printed = ModuleType("page"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setitem(sys.modules, "page", space)
        for cell in re.findall(r"```{code-cell} ipython3\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
            exec(compile(cell, "page", "exec"), vars(space))
        yield space, printed.getvalue()


def test_the_rule_on_the_page_is_sound_local_and_learns(page):
    space, printed = page
    assert "local: yes" in printed
    assert space.run.metrics[-1]["score"] >= 0.9
    assert f"Broken breaks 3 of {len(CHECKS)} promises" in printed
    for words in ("let no trial act on another", "which is taken from the", "depends on errors of others"):
        assert words in printed
    cosines = [float(cosine) for cosine in re.findall(r"^kappa = .*recurrent (\S+)", printed, re.MULTILINE)]
    assert len(cosines) == 3
    assert cosines[0] < cosines[1]  # a trace helps


def test_a_run_of_a_rule_of_ones_own_loads_without_its_class(page, tmp_path):
    space, _ = page
    rule = space.SenderTraces(kappa=0.5)
    train(TASK, suited("RFLO").float(), rule, 1, 2, n_test=4, out=tmp_path, device="cpu")
    run = load_run(tmp_path)
    assert run.config["rule"] == {"name": "SenderTraces", **rule.config}
    shown = CliRunner().invoke(app, ["show", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert "SenderTraces" in shown.stdout


def test_every_promise_is_a_sentence():
    for check in CHECKS:
        assert check.__doc__.split("\n")[0].endswith("."), check.__name__
