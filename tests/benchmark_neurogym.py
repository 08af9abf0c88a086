"""NeuroGym's side of the benchmark: run by an interpreter that has it, it works when told to and answers CPU seconds.

It reads a job as a line of JSON from standard input, {"task", "copies", "steps"} or {"task", "batches"}, and writes
the seconds as a line of JSON. Loading and warming up are not counted.
"""

import json
import sys
import time
import warnings
from functools import cache

warnings.filterwarnings("ignore")

import gymnasium as gym  # noqa: E402
import neurogym as ngym  # noqa: E402
import numpy as np  # noqa: E402

DT = 20


@cache
def environment(task, copies):
    env = gym.vector.SyncVectorEnv([lambda: gym.make(f"{task}-v0", dt=DT)] * copies)
    env.reset(seed=0)
    env.step(np.zeros(copies, int))
    return env


@cache
def dataset(task):
    data = ngym.Dataset(gym.make(f"{task}-v0", dt=DT), batch_size=64, seq_len=100)
    data()
    return data


def work(job):
    if "copies" in job:
        env, fixate = environment(job["task"], job["copies"]), np.zeros(job["copies"], int)
        start = time.process_time()
        for _ in range(job["steps"]):
            env.step(fixate)
    else:
        data = dataset(job["task"])
        start = time.process_time()
        for _ in range(job["batches"]):
            data()
    return time.process_time() - start


for line in sys.stdin:
    print(json.dumps(work(json.loads(line))), flush=True)
