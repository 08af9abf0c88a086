"""Where memory does not suffice: one error that tells for what, and what to lower."""

import subprocess
import sys

import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.network.out_of_memory import memory_errors_told
from cogdyn.envs import make_task

TRY = """
import resource
from cogdyn.agents import RateRNN, train
from cogdyn.agents.rules import BPTT
from cogdyn.envs import make_task

task = make_task("DelayMatchSample")
network = RateRNN(task.n_inputs, 1000, task.n_outputs, dt=task.dt)
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
try:
    train(task, network, BPTT(), 1, batch_size=20_000, device="cpu", n_test=10, ensemble={ensemble})
except MemoryError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process so")
@pytest.mark.parametrize(
    ("ensemble", "size", "lower"), [(None, "5.96 GiB", "n_test (10), the units"), (2, "11.9 GiB", "the ensemble")]
)
def test_a_batch_that_does_not_fit_is_named_with_its_size(ensemble, size, lower):
    run = [sys.executable, "-c", TRY.format(ensemble=ensemble)]
    told = subprocess.run(run, capture_output=True, text=True, timeout=300, check=True).stdout
    assert "memory does not suffice on cpu" in told
    assert f"20,000 trials, about 80 bins and 1,000 units alone take {size}" in told
    assert "Lower batch_size (20,000)" in told
    assert lower in told


def test_other_errors_stay_what_they_are():
    task = make_task("DelayMatchSample")
    network = RateRNN(task.n_inputs, 5, task.n_outputs, dt=task.dt)
    with pytest.raises(RuntimeError, match="shapes"), memory_errors_told(task, network, 10, 10):
        raise RuntimeError("shapes")
    with (
        pytest.raises(MemoryError, match=r"memory does not suffice on cpu.* 10 trials"),
        memory_errors_told(task, network, 10, 5),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")
