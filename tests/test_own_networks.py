"""A network of one's own keeps a protocol of six members, and with it trains, acts, is saved and loaded like ours."""

import copy
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from test_run_reading import with_described
from torch import nn
from typer.testing import CliRunner

from cogdyn.agents import (
    Actor,
    Network,
    RateRNN,
    RunError,
    Trajectory,
    check_network,
    evaluate,
    finite_time_exponents,
    lesion,
    load_run,
    register_network,
    states_in_trials,
    step_at,
    train,
    train_curriculum,
)
from cogdyn.agents.credit.losses import task_loss
from cogdyn.agents.measures.cost import CostWatch
from cogdyn.agents.network.data import tensors
from cogdyn.agents.network.own_networks import NETWORKS
from cogdyn.agents.rules import BPTT, TruncatedBPTT
from cogdyn.agents.rules.catalogue import make_rule, rule_names
from cogdyn.envs import ContractError, Curriculum, TrialEnv, TrialVectorEnv, make_task
from cogdyn.envs.errors import ArgumentError
from cogdyn.lessons.chapters.remembering.widget import LiveNetwork
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.studies.soo2023.gated import CELLS, Gated

PAGE = Path(__file__).parents[1] / "book/your-own-network.md"
TASK = make_task("GoNogo")
FEW = {"steps": 4, "batch_size": 4, "evaluate_every": 2, "n_test": 10, "device": "cpu"}
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder on the path with ``mynetworks.py``, which holds the network of the page; it is the current one."""
    cell = re.search(r"```{code-cell} ipython3\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    (tmp_path / "mynetworks.py").write_text(cell, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    forget()


def forget():
    """Be as a process that has not imported the module."""
    NETWORKS.pop("GRUNetwork", None)
    sys.modules.pop("mynetworks", None)


@pytest.fixture
def own(folder):
    """Makes the network of the page for a task."""
    import mynetworks

    return lambda task=TASK, n=8, **more: mynetworks.GRUNetwork(task.n_inputs, n, task.n_outputs, dt=task.dt, **more)


def same(ours, theirs):
    values = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in values)


@DTYPES
@pytest.mark.parametrize("task", ["GoNogo", "CenterOut", "Bandit"])
def test_the_network_on_the_page_keeps_its_promises(own, task, dtype):
    network = own(make_task(task)).to(dtype)
    assert isinstance(network, Network)
    before = copy.deepcopy(network)
    check_network(make_task(task), network)
    assert same(network, before)


@pytest.mark.parametrize("cell", CELLS)
def test_gated_networks_keep_them_and_so_does_ours(cell):
    go = make_task("yang19.go", preset="soo2023")
    check_network(go, Gated(cell, go.n_inputs, 6, go.n_outputs, go.dt, seed=1))
    check_network(TASK, RateRNN(TASK.n_inputs, 6, TASK.n_outputs, dt=TASK.dt, noise=0.1))


@DTYPES
def test_it_is_trained_as_a_loop_by_hand_would(own, dtype):
    rates, weights, clip = 0.3, 0.2, 0.1
    ours, theirs = own().to(dtype), own().to(dtype)
    rule = BPTT(lr=0.02, clip=clip, rate_penalty=rates, weight_penalty=weights)
    run = train(TASK, ours, rule, **FEW)
    adam, losses = torch.optim.Adam(theirs.parameters(), 0.02), []
    for step in range(1, 5):
        data = tensors(next(TASK.stream(4, 0, "train", start=step)), theirs.readout.weight)
        h, _ = theirs.units(data.inputs)
        loss = task_loss(theirs.readout(h), data.targets, data.mask) + rates * h.square().mean()
        gates, matrices = theirs.units, [theirs.readout.weight]
        matrices += [gates.weight_ih_l0, gates.weight_hh_l0]
        loss = loss + weights * sum(matrix.square().mean() for matrix in matrices)
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(theirs.parameters(), clip)
        adam.step()
        losses.append(loss.item())
    exact = {"rtol": 1e-10, "atol": 1e-12} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-5}
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, **exact)
    assert [row["loss"] for row in run.metrics] == pytest.approx(losses[1::2], rel=1e-4)


def test_truncated_and_sgd_and_scheduled_it_learns_too(own):
    for rule in (TruncatedBPTT(window_ms=100), BPTT(optimizer="sgd", clip=None), BPTT(lr=((0, 1e-2), (2, 1e-3)))):
        network = own()
        before = copy.deepcopy(network.state_dict())
        assert train(TASK, network, rule, **FEW).step == 4
        assert not any(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    batch = TASK.sample(4, seed=0)
    whole = len(batch.inputs) * TASK.dt
    one, other = (rule.gradient(own(), batch) for rule in (BPTT(), TruncatedBPTT(window_ms=whole)))
    for name, value in one.items():
        torch.testing.assert_close(value, other[name])


def test_it_learns_a_task_and_is_evaluated(own):
    network = own(n=16)
    run = train(TASK, network, BPTT(lr=2e-2), 150, 32, evaluate_every=25, n_test=100, device="cpu", stop_at=0.95)
    found = evaluate(TASK, network, 100)
    assert found.score == run.metrics[-1]["score"] >= 0.95
    assert found.rates.shape == (*found.outputs.shape[:2], 16)


def test_it_acts_bin_by_bin_as_it_answers_in_whole_trials(own):
    network, batch = own(), TASK.sample(5, seed=3)
    actor = Actor(network, TrialVectorEnv(TASK, 5).single_action_space)
    actions = np.stack([actor.act(bin) for bin in batch.inputs])
    outputs = network(torch.from_numpy(batch.inputs)).outputs
    np.testing.assert_array_equal(actions, outputs.argmax(-1).numpy())
    actor.reset(np.array([True, False, False, False, False]))
    again = actor.act(batch.inputs[0])
    assert again[0] == actions[0, 0]
    env = TrialEnv(TASK)
    observation, _ = env.reset(seed=0)
    assert env.action_space.contains(Actor(network, env.action_space).act(observation))


def test_in_a_closed_loop_it_chooses_what_it_sees(own):
    bandit = make_task("Bandit")
    run = train(bandit, own(bandit), BPTT(), **FEW)
    assert evaluate(bandit, run.network, 10).score == run.metrics[-1]["score"]


def test_a_resumed_training_is_an_uninterrupted_one(own, folder):
    whole = train(TASK, own(), BPTT(), **FEW | {"steps": 8})
    train(TASK, own(), BPTT(), out=folder / "run", **FEW)
    cut = train(TASK, own(), BPTT(), out=folder / "run", resume=True, **FEW | {"steps": 8})
    loaded = load_run(folder / "run")
    for run in (cut, loaded):
        assert same(run.network, whole.network)
        assert run.metrics == whole.metrics
        assert all(torch.equal(value, whole.memory[name]) for name, value in run.memory.items())
    with pytest.raises(ValueError, match=r"another network: n_units is 9 and was 8"):
        train(TASK, own(n=9), BPTT(), out=folder / "run", resume=True, **FEW | {"steps": 9})
    with pytest.raises(ValueError, match=r"another network: name is 'RateRNN' and was 'GRUNetwork'"):
        train(TASK, RateRNN(3, 8, 2, dt=TASK.dt), BPTT(), out=folder / "run", resume=True, **FEW | {"steps": 9})


@DTYPES
def test_it_is_saved_and_loaded_in_its_precision(own, folder, dtype):
    run = train(TASK, own().to(dtype), BPTT(), **FEW)
    loaded = load_run(run.save(folder / "run")).network
    assert same(loaded, run.network)
    assert {parameter.dtype for parameter in loaded.parameters()} == {dtype}
    assert repr(load_run(folder / "run")).endswith("GRUNetwork(n_inputs=3, n_units=8, n_outputs=2, dt=20.0, seed=0))")


def test_it_goes_through_a_curriculum(own, folder):
    levels, network = Curriculum([TASK, make_task("GoNogo", noise=0.3)], goal=0.1), own()
    settings = {"batch_size": 16, "n_test": 50, "evaluate_every": 10, "device": "cpu"}
    runs = train_curriculum(levels, network, BPTT(lr=2e-2), 100, out=folder / "levels", **settings)
    assert [load_run(folder / f"levels/level-{k}").step for k in (1, 2)] == [run.step for run in runs]
    assert same(load_run(folder / "levels/level-2").network, network)


def test_it_can_be_watched(own):
    watch = CostWatch({"BPTT": BPTT()}, TASK.sample(2, seed=0))
    assert train(TASK, own(), BPTT(), watch=watch, **FEW).metrics[0]["BPTT: MiB"] > 0


@pytest.fixture
def saved(own, folder):
    train(TASK, own(), BPTT(), out=folder / "run", **FEW)
    forget()
    return folder / "run"


def test_a_run_names_the_module_of_its_network_and_imports_it_only_if_asked(saved):
    with pytest.raises(RunError, match=r"unknown network 'GRUNetwork'.*For this run: import_modules=\['mynetworks'\]"):
        load_run(saved)
    assert "mynetworks" not in sys.modules
    assert load_run(saved, import_modules="mynetworks").config["modules"] == ["mynetworks"]


def test_show_imports_it_if_asked(saved):
    alone = CliRunner().invoke(app, ["show", "run"])
    assert (alone.exit_code, alone.stderr.count("\n")) == (1, 1)
    assert "--import on the command line" in alone.stderr
    shown = CliRunner().invoke(app, ["show", "run", "--import", "mynetworks"])
    assert shown.exit_code == 0, shown.output
    assert "GoNogo, GRUNetwork, BPTT, 4 updates" in shown.stdout
    assert "GRUNetwork(n_inputs=3, n_units=8, n_outputs=2" in shown.stdout


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "mynetworks:GRUNetwork"}, "unknown network 'mynetworks:GRUNetwork'"),
        ({"name": ["GRUNetwork"]}, "unknown network"),
        ({"n_units": 9}, "its weights do not fit its network"),
        ({"n_units": "many"}, "cannot be read as a run"),
        ({"kind": "lstm"}, "unexpected keyword argument 'kind'"),
    ],
)
def test_a_description_that_does_not_make_it_is_refused(saved, changed, message):
    with_described(saved, "network", **changed)
    with pytest.raises(RunError, match=message):
        load_run(saved, import_modules="mynetworks")


class Unregistered(nn.Module):
    """A wrapper as on the page, for the mistakes below."""

    def __init__(self, n_inputs=3, n_units=4, n_outputs=2, dt=20.0):
        super().__init__()
        self.n_inputs, self.n_outputs, self.dt = n_inputs, n_outputs, dt
        self.config = {"n_inputs": n_inputs, "n_units": n_units, "n_outputs": n_outputs, "dt": dt}
        self.units, self.readout = nn.GRU(n_inputs, n_units), nn.Linear(n_units, n_outputs)

    def initial_state(self, batch_size):
        """Zero."""
        return self.readout.weight.new_zeros(batch_size, self.units.hidden_size)

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        h = self.initial_state(inputs.shape[1]) if h is None else h
        rates, last = self.units(inputs, h[None])
        return Trajectory([rates], self.readout(rates), last[0])


def test_what_could_not_be_loaded_is_not_written(tmp_path):
    network = Unregistered()
    with pytest.raises(ArgumentError, match=r"Unregistered cannot be loaded from a file: put @register_network above"):
        train(TASK, network, BPTT(), out=tmp_path / "run", **FEW)
    run = train(TASK, network, BPTT(), **FEW)
    with pytest.raises(ArgumentError, match="put @register_network above"):
        run.save(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"kind": "gru"}, "its config does not make it .*unexpected keyword argument 'kind'"),
        ({"n_units": 5}, "its config makes one with other .*units.weight_hh_l0"),
        ({"name": "GRU"}, "its config does not make it .*holds a 'name'"),
        ({"n_units": np.arange(2)}, "its config does not make it .*not JSON serializable"),
    ],
)
def test_a_config_that_makes_another_network_is_refused(tmp_path, monkeypatch, config, message):
    monkeypatch.setitem(NETWORKS, "Unregistered", Unregistered)
    network = Unregistered()
    network.config = config
    with pytest.raises(ArgumentError, match=message):
        train(TASK, network, BPTT(), out=tmp_path / "run", **FEW)
    assert not (tmp_path / "run").exists()


def test_a_name_is_given_once(own):
    import mynetworks

    assert register_network(mynetworks.GRUNetwork) is mynetworks.GRUNetwork  # as when a cell is run again
    with pytest.raises(ArgumentError, match=r"there is a network 'GRUNetwork' already, mynetworks\.GRUNetwork"):
        register_network(type("GRUNetwork", (Unregistered,), {}))
    with pytest.raises(ArgumentError, match="there is a network 'RateRNN' already"):
        register_network(type("RateRNN", (Unregistered,), {}))
    with pytest.raises(ArgumentError, match="the class Linear, and a network needs initial_state as well"):
        register_network(nn.Linear)
    with pytest.raises(ArgumentError, match="an Unregistered; it must be a class"):
        register_network(Unregistered())


def changed(**members):
    """A network with other members; those that are None are missing."""
    network = Unregistered()
    for name, member in members.items():
        delattr(network, name) if member is None else setattr(network, name, member)
    return network


MISTAKES = {
    "lacks config, dt, initial_state, n_inputs, n_outputs": lambda: nn.GRU(3, 10),
    "network is an Unregistered; it must be a Network, and lacks dt, n_inputs": lambda: changed(dt=None, n_inputs=None),
    r"network is the class Unregistered; it must be an object of it, as Unregistered\(\)": lambda: Unregistered,
    "network is None; it must be a Network": lambda: None,
    "returned a Tensor of shape .*; it must return a Trajectory": lambda: changed(
        forward=lambda inputs, h=None, *, noise=None, generator=None: inputs
    ),
    "by name: got an unexpected keyword argument 'noise'": lambda: changed(forward=lambda inputs, h=None: inputs),
    "expected outputs .T, B, 2.": lambda: changed(readout=nn.Linear(4, 5)),
    r"initial_state of the network \w+ returned a Tensor of shape \(4,\)": lambda: changed(
        initial_state=lambda batch_size: torch.zeros(4)
    ),
    r"does not fit GoNogo: dt is 10\.0": lambda: changed(dt=10.0),
    "the network is in torch.float16": lambda: changed().half(),
    "the network is in torch.float32 and torch.float64": lambda: changed(extra=nn.Linear(2, 2).double()),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_what_does_not_keep_the_protocol_is_refused_in_a_sentence(message):
    for use in (lambda network: train(TASK, network, BPTT(), **FEW), lambda network: evaluate(TASK, network, 2)):
        with pytest.raises((ValueError, RuntimeError), match=message) as error:
            use(MISTAKES[message]())
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", rule_names())
def test_every_rule_trains_it_or_says_that_it_needs_a_rate_rnn(tmp_path, name):
    rule = make_rule(name)
    if name in ("BPTT", "TruncatedBPTT", "REINFORCE", "ActorCritic"):
        assert train(TASK, Unregistered(), rule, **FEW).step == 4
        return
    with pytest.raises(ArgumentError, match=f"^the rule {name} trains a RateRNN alone, and network is an Unregistered"):
        train(TASK, Unregistered(), rule, **FEW)
    with pytest.raises(ArgumentError, match=r"^network is an Unregistered; it must be a RateRNN\.$"):
        rule.update(Unregistered(), TASK.sample(2, seed=0))


def test_what_needs_a_rate_rnn_says_so():
    batch = TASK.sample(2, seed=0)
    for use in (
        lambda network: lesion(network, [0]),
        lambda network: states_in_trials(network, batch),
        lambda network: step_at(network, [0.0, 0.0, 0.0]),
        lambda network: finite_time_exponents(network, torch.from_numpy(batch.inputs), 1),
        lambda network: LiveNetwork.of(network, TASK),
    ):
        with pytest.raises(ArgumentError, match="network is an Unregistered; it must be a RateRNN"):
            use(Unregistered())
    with pytest.raises(ValueError, match="ensemble is 2, and only RateRNNs are trained at once; train each Unreg"):
        train(TASK, Unregistered(), BPTT(), ensemble=2, **FEW)
    (run,) = train(TASK, Unregistered(), BPTT(), ensemble=1, **FEW)
    assert run.step == 4


class Forgetful(Unregistered):
    """Starts each call afresh."""

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        return super().forward(inputs)


class Backwards(Unregistered):
    """Sees the future."""

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        return super().forward(inputs.cumsum(0).flip(0), h)


class Normed(Unregistered):
    """Trials share their mean."""

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        return super().forward(inputs - inputs.mean(1, keepdim=True), h)


class Dropping(Unregistered):
    """Draws from the global generator."""

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        return super().forward(nn.functional.dropout(inputs, 0.5), h)


class Counting(Unregistered):
    """Changes a buffer."""

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        if not hasattr(self, "count"):
            self.count = nn.Buffer(torch.zeros(()))
        self.count += 1
        return super().forward(inputs, h)


class Detached(Unregistered):
    """Loses the gradient."""

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        found = super().forward(inputs, h)
        return Trajectory(found.stretches, 0 * found.outputs, found.state)


class Single(Unregistered):
    """Starts in float32, whatever the weights are in."""

    def initial_state(self, batch_size):
        """Zero."""
        return torch.zeros(batch_size, 4)


class Uneven(Unregistered):
    """Starts differently in each trial."""

    def initial_state(self, batch_size):
        """Rising."""
        return torch.arange(batch_size).to(self.readout.weight)[:, None].expand(-1, 4)


class Infinite(Unregistered):
    """Answers infinity."""

    def forward(self, inputs, h=None, *, noise=None, generator=None):
        """Run through trials."""
        found = super().forward(inputs, h)
        return Trajectory(found.stretches, found.outputs / 0, found.state)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Forgetful, "outputs bin by bin are others than in one go"),
        (Backwards, "outputs depend on inputs of later bins"),
        (Normed, "outputs of a trial are others when it runs alone"),
        (Dropping, "with noise=0 it still draws random numbers"),
        (Counting, "a forward pass changed count"),
        (Detached, "the gradient is 0 everywhere"),
        (Single, "It runs in float64 as in float32"),
        (Uneven, "initial_state differs from trial to trial"),
        (Infinite, "outputs hold NaN or infinity"),
        (Unregistered, "put @register_network"),
    ],
)
def test_check_network_finds_what_is_wrong(cls, message):
    with pytest.raises(ContractError) as error:
        check_network(TASK, cls())
    assert message in " ".join(str(error.value).split())
    with pytest.raises(ContractError, match=r"cannot be checked on GoNogo:\n.*dt is 10"):
        check_network(TASK, cls(dt=10.0))
