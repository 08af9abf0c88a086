"""Plain NumPy rules for one trial at a time, as their papers' equations say: what the benchmark compares with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class NumpyNetwork:
    """A tanh network with leak on the rate that learns in every bin: one trial, squared errors, plain descent."""

    n: int
    n_in: int
    n_out: int
    alpha: float = 0.5
    lr: float = 1e-3
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __post_init__(self):
        n, m = self.n, self.n + self.n_in + 1
        self.weights = self.rng.standard_normal((n, m)) / np.sqrt(n)
        self.readout = self.rng.standard_normal((self.n_out, n)) / np.sqrt(n)
        self.feedback = self.rng.standard_normal((self.n_out, n)) / np.sqrt(self.n_out)
        self.apical = self.rng.standard_normal((n, n + self.n_out + 1)) / np.sqrt(n)
        self.slow = self.apical.copy()
        self.bins = 0
        self.reset()

    def reset(self):
        """Begin a trial."""
        self.r, self.before = np.zeros(self.n), None
        self.trace = np.zeros((self.n, self.n + self.n_in + 1))
        self.influence = np.zeros((self.n, self.n, self.n + self.n_in + 1))

    def forward(self, x, y):
        """One bin: senders, gate and error."""
        p = np.concatenate([self.r, x, [1.0]])
        fired = np.tanh(self.weights @ p)
        self.r = (1 - self.alpha) * self.r + self.alpha * fired
        return p, self.alpha * (1 - fired**2), self.readout @ self.r - y

    def descend(self, gradient, error):
        """Change all weights."""
        self.weights -= self.lr * gradient
        self.readout -= self.lr * np.outer(error, self.r)

    def rflo(self, x, y):
        """One bin of RFLO."""
        p, d, e = self.forward(x, y)
        self.trace = (1 - self.alpha) * self.trace + np.outer(d, p)
        self.descend((e @ self.feedback)[:, None] * self.trace, e)

    def rtrl(self, x, y):
        """One bin of RTRL."""
        recurrent = self.weights[:, : self.n].copy()
        p, d, e = self.forward(x, y)
        spread = np.tensordot(recurrent, self.influence, 1)
        self.influence = (1 - self.alpha) * self.influence + d[:, None, None] * spread
        i = np.arange(self.n)
        self.influence[i, i] += np.outer(d, p)
        self.descend(np.tensordot(e @ self.readout, self.influence, 1), e)

    def dni(self, x, y):
        """One bin of DNI with the exact Jacobian."""
        recurrent = self.weights[:, : self.n].copy()
        p, d, e = self.forward(x, y)
        seen = np.concatenate([self.r, y, [1.0]])
        if self.before is not None:
            seen_before, told_before = self.before
            credit = self.slow @ seen
            target = told_before + (1 - self.alpha) * credit + (credit * d) @ recurrent
            self.apical -= 1e-3 * np.outer(self.apical @ seen_before - target, seen_before)
        self.before = seen, e @ self.readout
        self.bins += 1
        if self.bins % 5 == 0:
            self.slow = self.apical.copy()
        self.descend(np.outer((self.apical @ seen) * d, p), e)
