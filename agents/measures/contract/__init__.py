"""The contract that every learning rule keeps, as checks that say how to repair what they find broken."""

from collections.abc import Callable

from ....envs.contract.requirement import ContractError, message_of, require_all
from ....envs.errors import ArgumentError
from ....envs.registry import make_task
from ....envs.task import Task
from ....envs.typechecked import typechecked
from ...credit.rule import Rule
from ...network.rate_rnn import RateRNN
from .gradients import check_descent, check_fast_paths, check_no_trace, check_precision, check_sum
from .ground import Ground
from .locality import check_locality, check_pure
from .memory import check_copies, check_forgotten, check_restored
from .updates import (
    check_anatomy,
    check_change,
    check_configuration,
    check_ensemble,
    check_frozen,
    check_other_network,
)

CHECKS: tuple[Callable[[Ground], None], ...] = (
    check_configuration,
    check_change,
    check_frozen,
    check_anatomy,
    check_other_network,
    check_ensemble,
    check_restored,
    check_forgotten,
    check_copies,
    check_no_trace,
    check_sum,
    check_descent,
    check_precision,
    check_fast_paths,
    check_pure,
    check_locality,
)


@typechecked
def check_rule(rule: Rule, network: RateRNN | None = None, task: Task | None = None) -> None:
    """Check that a learning rule keeps every promise of cogdyn's own, as ``check_task`` does for tasks.

    Arguments that reconstruct it; what an update changes and what it leaves; what is remembered, restored and copied;
    trials that add up, small steps that go along the gradient, both precisions, faster forms, ensembles; and locality,
    measured by changing all else, of rules with a ``step`` that declare what they read.

    Args:
        rule: A rule, made already; it stays as it is.
        network: A network on which it is defined, which stays as it is; eight tanh units with a leak on the rate when
            None. Small ones are checked faster.
        task: What is to be learned; a short sensorimotor mapping when None.

    Raises:
        ContractError: If promises are broken; it names all of them, and what may repair them.
        ArgumentError: If network and task do not fit.
    """
    task = make_task("SensorimotorMapping", dt=10) if task is None else task
    if network is None:
        units = {"dt": task.dt, "tau": 5 * task.dt, "activation": "tanh", "leak": "rate", "noise": 0.05}
        network = RateRNN(task.n_inputs, 8, task.n_outputs, self_connections=True, **units)
    if (network.n_inputs, network.n_outputs) != (task.n_inputs, task.n_outputs):
        raise ArgumentError(
            f"the network has {network.n_inputs} inputs and {network.n_outputs} outputs, and the task "
            f"{task.name} {task.n_inputs} and {task.n_outputs}."
        )
    name = type(rule).__name__
    ground = Ground(rule, Ground(rule, network, task).fresh_network().double(), task)
    try:
        check_configuration(ground)
        ground.learn(ground.fresh_rule(), ground.fresh_network(), 0)
    except Exception as error:  # whatever a rule of one's own may raise is something to report
        raise ContractError(f"{name} cannot be checked:\n{message_of(error)}") from error
    require_all(name, [(check, (ground,)) for check in CHECKS])
