"""Assignment 7: the policy gradient of a small task, sampled and over all actions, with switches for mistakes.

pi_t = softmax(W x_t),  G_t = R_t + gamma G_{t+1},  g = 1/B sum_b sum_t (G_t - b) d log pi_t(a_t) / dW;  for a synapse
delta_t = R_t + gamma V_{t+1} - V_t,  P_t = (1 - alpha) P_{t-1} + alpha f'_t p_t,  F_t = gamma F_{t-1} + L_t P_t,
dW = 1/B sum_b sum_t delta_t F_t.

Source: R. J. Williams, Simple statistical gradient-following algorithms, Machine Learning 8, 229-256 (1992),
doi:10.1007/BF00992696; the best baseline: E. Greensmith, P. L. Bartlett and J. Baxter, Journal of Machine Learning
Research 5, 1471-1530 (2004); three factors: G. Bellec et al., Nature Communications 11, 3625 (2020),
doi:10.1038/s41467-020-17236-y.
"""

from __future__ import annotations

import numpy as np


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Probabilities of actions, for logits of any size."""
    weights = np.exp(z - z.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)


def policy(
    z: np.ndarray,
    actions: np.ndarray,
    axis: int = -1,
    sign: float = 1,
    one: bool = True,
    expected: bool = True,
    own: bool = False,
    power: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and the gradient of log pi(a) by the logits, (T, B, K) each; switches make slips."""
    pi = softmax(z, axis)
    hot = np.eye(z.shape[2])[actions]
    score = sign * (hot * one - pi * expected)
    score = score * hot if own else score
    return pi, score * (pi * hot).sum(axis=2, keepdims=True) ** power


def returns(
    rewards: np.ndarray,
    gamma: float,
    forward: bool = False,
    since: int = 0,
    from_start: bool = False,
    whole: bool = False,
) -> np.ndarray:
    """G of each bin, (T, B); switches make slips."""
    ordered = rewards if forward else rewards[::-1]
    G, after = [], 0 * rewards[0]
    for R in ordered:
        earlier, after = after, R + gamma * after
        G.append(earlier if since else after)
    G = np.array(G if forward else G[::-1])
    if from_start:
        G = G * gamma ** np.arange(len(G))[:, None]
    return np.broadcast_to(G[:1], G.shape).copy() if whole else G


def estimate(
    W: np.ndarray,
    x: np.ndarray,
    actions: np.ndarray,
    rewards: np.ndarray,
    alive: np.ndarray,
    gamma: float,
    baseline: float,
    sign: float = 1,
    over: str = "trials",
    mask: bool = True,
    whole: bool = False,
    immediate: bool = False,
    expected: bool = True,
    own: bool = False,
    power: int = 0,
) -> np.ndarray:
    """REINFORCE's estimate of the gradient of the mean reward, (K, n_in); switches make slips."""
    G = rewards if immediate else returns(rewards, gamma, whole=whole)
    score = policy(x @ W.T, actions, expected=expected, own=own, power=power)[1]
    counts = alive if mask else np.ones_like(alive)
    divisor = {"trials": alive.shape[1], "all": 1, "bins": alive.size, "living bins": alive.sum()}[over]
    return sign * np.einsum("tb,tbk,tbi->ki", counts * (G - baseline), score, x) / divisor


def all_actions(
    W: np.ndarray,
    x_1: np.ndarray,
    x_2: np.ndarray,
    R_1: np.ndarray,
    R_2: np.ndarray,
    baseline: float,
    uniform: bool = False,
    blind: bool = False,
    whole: bool = False,
    immediate: bool = False,
    centred: bool = True,
) -> tuple[float, np.ndarray, float, float]:
    """Mean reward, mean and variance of the estimate, and the best baseline; switches make slips.

    Mean and variance are over all pairs of actions of a two-step bandit, each as probable as the policy makes it.
    """
    K = len(R_1)
    earned, plain, scores, chances = [], [], [], []
    for first, second in np.ndindex(K, K):
        x = np.stack([x_1, x_1 if blind else x_2[first]])[:, None]
        a = np.array([[first], [second]])
        pi = softmax(x @ W.T)[:, 0]
        R = np.array([[R_1[first]], [R_2[first, second]]])
        trial = {"W": W, "x": x, "actions": a, "alive": np.ones((2, 1)), "gamma": 1.0}
        chances.append(1 / K**2 if uniform else pi[0, first] * pi[1, second])
        earned.append(R.sum())
        plain.append(estimate(rewards=R, baseline=0.0, whole=whole, immediate=immediate, **trial))
        scores.append(estimate(rewards=0 * R, baseline=-1.0, **trial))
    p, g, s = np.array(chances), np.array(plain), np.array(scores)
    estimates = g - baseline * s
    mean = np.einsum("p,pki->ki", p, estimates)
    squares = p @ (estimates**2).sum(axis=(1, 2))
    best = p @ (g * s).sum(axis=(1, 2)) / (p @ (s**2).sum(axis=(1, 2)))
    return float(p @ earned), mean, float(squares - centred * (mean**2).sum()), float(best)


def surprises(
    rewards: np.ndarray, values: np.ndarray, alive: np.ndarray, gamma: float, mask: bool = True, wrap: bool = False
) -> np.ndarray:
    """Surprise of each bin, (T, B); switches make slips."""
    V = values * alive if mask else values
    after = np.roll(V, -1, axis=0) if wrap else np.concatenate([V[1:], 0 * V[:1]])
    return rewards + gamma * after - V


def three_factors(
    senders: np.ndarray,
    slopes: np.ndarray,
    signals: np.ndarray,
    rewards: np.ndarray,
    values: np.ndarray,
    alive: np.ndarray,
    alpha: float,
    gamma: float,
    delta: np.ndarray | None = None,
    keep: float | None = None,
    gain: float | None = None,
    decay: float | None = None,
    with_slope: bool = True,
    outside: bool = False,
    over: str = "trials",
    sign: float = 1,
) -> tuple[np.ndarray, float]:
    """Surprise of each bin, (T, B), and the change of one synapse; switches make slips."""
    delta = surprises(rewards, values, alive, gamma) if delta is None else delta
    keep, gain = 1 - alpha if keep is None else keep, alpha if gain is None else gain
    decay = gamma if decay is None else decay
    P = F = np.zeros(senders.shape[1])
    total = 0.0
    for t in range(len(senders)):
        P = keep * P + gain * (slopes[t] if with_slope else 1) * senders[t]
        F = decay * F + (P if outside else signals[t] * P)
        total += delta[t] @ (signals[t] * F if outside else F)
    return delta, sign * total / {"trials": senders.shape[1], "all": 1, "bins": senders.size}[over]
