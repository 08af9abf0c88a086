"""A batch costs little more memory while it is painted than what it keeps."""

import tracemalloc

import pytest

from cogdyn.envs import make_task, task_names


@pytest.mark.parametrize("name", task_names())
def test_painting_takes_at_most_half_as_much_again_as_the_batch(name):
    task = make_task(name)
    task.sample(4, seed=0)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    batch = task.sample(1024, seed=0)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept - before >= batch.inputs.nbytes + batch.targets.nbytes + batch.mask.nbytes
    assert peak - before <= 1.5 * (kept - before)
