"""A vector environment whose episodes are known: counts that end or are cut, reset in each of the three ways."""

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space


class Counting(VectorEnv):
    """Copy i shows (i, episode, bin) and pays 10 i + bin, or with action 1 nothing; episode k lasts 2 + (i + k) % 3.

    Even episodes end, odd ones are cut.
    """

    def __init__(self, n, mode=AutoresetMode.NEXT_STEP, action_space=None):
        self.num_envs, self.mode = n, mode
        self.metadata = {"autoreset_mode": mode}
        self.single_observation_space = Box(-np.inf, np.inf, (3,), np.float32)
        self.single_action_space = Discrete(2, start=5) if action_space is None else action_space
        self.observation_space = batch_space(self.single_observation_space, n)
        self.action_space = batch_space(self.single_action_space, n)
        self.actions = []

    def seen(self):
        return np.stack([np.arange(self.num_envs), self.episode, self.bin], axis=1).astype(np.float32)

    def reset(self, *, seed=None, options=None):
        mask = (options or {}).get("reset_mask", np.ones(self.num_envs, bool))
        if options is None:
            self.episode, self.bin = np.zeros(self.num_envs, int), np.zeros(self.num_envs, int)
            self.over = np.zeros(self.num_envs, bool)
        else:
            self._next(mask)
        return self.seen(), {}

    def _next(self, mask):
        self.episode[mask] += 1
        self.bin[mask] = 0
        self.over[mask] = False

    def step(self, actions):
        self.actions.append(np.array(actions))
        resetting = self.over.copy() if self.mode is AutoresetMode.NEXT_STEP else np.zeros(self.num_envs, bool)
        assert not (self.over & ~resetting).any()
        acted = np.asarray(actions).reshape(self.num_envs, -1)[:, 0]
        rewards = np.where(acted == 6, 0.0, 10.0 * np.arange(self.num_envs) + self.bin)
        self.bin += ~resetting
        over = (self.bin >= 2 + (np.arange(self.num_envs) + self.episode) % 3) & ~resetting
        ended, cut = over & (self.episode % 2 == 0), over & (self.episode % 2 == 1)
        self._next(resetting)
        self.over, infos = over.copy(), {}
        if self.mode is AutoresetMode.SAME_STEP and over.any():
            final = np.full(self.num_envs, None)
            for i in np.flatnonzero(over):
                final[i] = self.seen()[i]
            infos = {"final_obs": final, "_final_obs": over.copy()}
            self._next(over)
        return self.seen(), np.where(resetting, 99.0, rewards), ended, cut, infos


def counting(n):
    return Counting(n)


def counting_same_step(n):
    return Counting(n, AutoresetMode.SAME_STEP)


def counting_disabled(n):
    return Counting(n, AutoresetMode.DISABLED)


MAKERS = (counting, counting_same_step, counting_disabled)
