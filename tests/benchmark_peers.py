"""The peers' side of the benchmark: run by an interpreter that has them, it works when told to, and answers seconds.

It reads a job as a line of JSON from standard input: {"task", "copies", "steps"} or {"task", "batches"} for NeuroGym,
{"network": [N, B, T, n_in, n_out]} for one update of nn4n, {"frames"} for frames of Gymnasium's CartPole. It writes CPU
seconds as a line of JSON. Loading and warming up are not counted.
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


@cache
def cart_pole():
    env = gym.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=0)
    env.render()
    return env


@cache
def update(n, b, t, n_in, n_out):
    import torch
    from nn4n.model import CTRNN

    torch.set_num_threads(1)
    signs = np.ones((n, n))
    signs[round(0.8 * n) :] = -1
    dale = {"ei_masks": [None, signs, None], "biases": "zero", "suppress_warnings": True}
    network = CTRNN(dims=[n_in, n, n_out], tau=100, dt=20, activation="tanh", preact_noise=0.05, **dale)
    adam, generator = torch.optim.Adam(network.parameters()), torch.Generator().manual_seed(0)
    inputs = torch.randn(t, b, n_in, generator=generator)
    targets = torch.randint(n_out, (t * b,), generator=generator)

    def once():
        adam.zero_grad()
        torch.nn.functional.cross_entropy(network(inputs)[0].flatten(0, 1), targets).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()

    once()
    return once


def work(job):
    if "network" in job:
        once = update(*job["network"])
        start = time.process_time()
        once()
    elif "frames" in job:
        env = cart_pole()
        start = time.process_time()
        for _ in range(job["frames"]):
            if env.step(0)[2]:
                env.reset()
            env.render()
    elif "copies" in job:
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
