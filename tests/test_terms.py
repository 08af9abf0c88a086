"""Comparing by terms: two slips at once, and unforeseen ones, are located; bad answers get plain sentences."""

import numpy as np
import pytest
import torch

from cogdyn.lessons.chapters.fixed_points import check_jacobian
from cogdyn.lessons.chapters.local_signals import check_rflo
from cogdyn.lessons.chapters.remembering import check_euler_step
from cogdyn.lessons.checking.terms import Term, described, wrong_terms, zero
from cogdyn.lessons.grading import check


def relu(x):
    return np.maximum(x, 0)


def euler(keep=None, gain=None, rate=relu, W=lambda W: W, bias=1.0, after=lambda x: x):
    def step(x, u, weights, W_in, b, alpha):
        kept = 1 - alpha if keep is None else keep(alpha)
        arrives = after(W(weights) @ rate(x) + W_in @ u + bias * b)
        return kept * x + (alpha if gain is None else gain(alpha)) * arrives

    return step


def swapped(alpha):
    return 1 - alpha


EULER = [
    ({"keep": lambda a: a, "gain": swapped}, ["alpha and 1 - alpha have changed places"], []),
    ({"W": np.transpose, "bias": 0}, ["W is the wrong way round", "the bias is missing"], ["the leak", "external"]),
    ({"keep": lambda a: 1.0, "bias": 0}, ["the leak is missing", "the bias is missing"], ["recurrent", "external"]),
    ({"after": relu}, ["relu is round the sum"], ["leak"]),
    ({"W": lambda W: 0 * W}, ["the recurrent input is missing"], ["leak", "bias"]),
    ({"W": lambda W: 0 * W, "bias": -1}, ["the recurrent input is missing", "the bias: the wrong sign"], ["leak"]),
    ({"rate": np.tanh}, ["the recurrent input: not as"], ["leak", "bias", "external"]),
    ({"gain": lambda a: a**2}, ["the recurrent input, the external input, the bias: weight alpha^2 instead"], ["leak"]),
    ({"keep": lambda a: 0.37}, ["the leak: 0.463 times what it should be"], ["bias", "external", "recurrent"]),
]


@pytest.mark.parametrize(("changed", "named", "unnamed"), EULER)
def test_the_terms_of_a_step_that_are_wrong_are_named_and_no_others(changed, named, unnamed):
    verdict = check_euler_step(euler(**changed))
    assert not verdict.passed
    assert verdict.hint
    assert all(words in verdict.reason for words in named), verdict.reason
    assert not any(words in verdict.reason for words in unnamed), verdict.reason
    assert "off by up to" not in verdict.reason


def jacobian(r, u, W, W_in, b, alpha, slope=lambda x: 1 - np.tanh(x) ** 2, keep=None):
    kept = 1 - alpha if keep is None else keep(alpha)
    return kept * np.eye(len(r)) + alpha * slope(W @ r + W_in @ u + b)[:, None] * W


def test_the_terms_of_a_jacobian():
    lacks_square = check_jacobian(lambda *given: jacobian(*given, slope=lambda x: 1 - np.tanh(x)))
    assert lacks_square.reason == "the slope lacks its square."
    both = check_jacobian(lambda *given: jacobian(*given, slope=lambda x: 1 - np.tanh(x), keep=lambda a: a))
    assert both.reason == "the slope lacks its square; the leak: weight alpha instead of 1 - alpha."
    other = check_jacobian(lambda *given: jacobian(*given, slope=lambda x: np.exp(-(x**2))))
    assert other.reason.startswith("the slope of tanh: not as")


def test_the_terms_of_rflo():
    def rule(r, slope, e, w_fb, alpha, keep=None):
        trace, gradient, keep = 0, 0, 1 - alpha if keep is None else keep
        for t in range(len(slope)):
            trace = keep * trace + alpha * slope[t][:, :, None] * r[t][:, None, :]
            gradient = gradient + ((e[t] @ w_fb)[:, :, None] * trace).sum(axis=0)
        return gradient

    assert check_rflo(rule).passed
    assert (
        check_rflo(lambda *given: rule(*given, keep=0.5)).reason
        == "what stays of the trace: 0.625 times what it should be."
    )


def forward(keep=None, gain=None, f=np.tanh, W=lambda W: W, bias=1.0):
    def run(W_, W_in, b, u, r_0, alpha):
        r, rates, drives = r_0, [], []
        for light in u:
            a = W(W_) @ r + W_in @ light + bias * b
            r = (1 - alpha if keep is None else keep(alpha)) * r + (alpha if gain is None else gain(alpha)) * f(a)
            rates.append(r)
            drives.append(a)
        return np.array(rates), np.array(drives)

    return lambda W, W_in, b, u, r_0, alpha: run(W, W_in, b, u, r_0, alpha)


def backward(leak=swapped, gain=lambda a: a, slope=lambda a: 1 - np.tanh(a) ** 2, turned=np.transpose):
    def carry(W, drives, errors, alpha):
        p = np.array(errors)
        for t in range(len(p) - 2, -1, -1):
            p[t] += leak(alpha) * p[t + 1] + gain(alpha) * turned(W) @ (slope(drives[t + 1]) * p[t + 1])
        return p

    return carry


SWAPPED = ["the leak: weight alpha instead of 1 - alpha", "weight 1 - alpha instead of alpha"]
GRADED = [
    ("bptt/forward", forward(keep=lambda a: a, gain=swapped), SWAPPED),
    ("bptt/forward", forward(W=lambda W: 0 * W), ["the recurrent input: missing"]),
    ("bptt/forward", forward(W=np.transpose, keep=lambda a: 1.0), ["W is the wrong way round", "the leak is missing"]),
    ("bptt/backward", backward(slope=lambda a: 1 - np.tanh(a)), ["the slope of tanh: not as"]),
    ("bptt/backward", backward(leak=lambda a: a, gain=swapped), SWAPPED),
    ("bptt/backward", backward(leak=lambda a: 0, turned=lambda W: W), ["as on the way forward", "the leak is missing"]),
    (
        "bptt/errors",
        lambda rates, W_out, targets: (
            0.5 * ((rates @ W_out.T - targets) ** 2).sum(), 3 * (rates @ W_out.T - targets) @ W_out
        ),
        ["errors: 3 times what it should be; loss: right"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "named"), GRADED)
def test_the_grader_names_terms_too(name, answer, named):
    found = check(name, answer)
    assert not found.passed
    assert all(words in found.reason for words in named), found.reason
    assert found.hint


BAD = [
    (lambda *given: np.full(5, np.nan), "holds NaN or infinity"),
    (lambda *given: [[1.0], [2.0, 3.0]], "a list of parts with different shapes"),
    (lambda *given: {"x": 1}, "the result is a dict, not an array of numbers"),
    (lambda x, u: x, "cannot be called: <lambda>() takes 2 positional arguments but 6 were given"),
    (lambda x, u, W, W_in, b, a: len(x, u), "raised TypeError"),
]


@pytest.mark.parametrize(("answer", "reason"), BAD)
def test_bad_answers_get_a_plain_sentence(answer, reason):
    verdict = check_euler_step(answer)
    assert not verdict.passed
    assert reason in verdict.reason
    assert verdict.hint


def test_a_tensor_with_a_gradient_is_an_array():
    right = euler()
    assert check_euler_step(lambda *given: torch.tensor(right(*given), requires_grad=True)).passed


def test_the_grader_says_which_arguments_there_are():
    found = check("bptt/forward", lambda W, u: u)
    assert "forward cannot be called: " in found.reason
    assert "it gets W, W_in, b, u, r_0, alpha" in found.reason
    assert "line with def" in found.hint


TWO = (Term("the first", zero("y"), weight="a"), Term("the second", zero("x"), weight="1"))


def test_what_is_wrong_of_a_sum():
    inputs = {"x": np.arange(1.0, 4.0), "y": np.array([2.0, -1.0, 3.0]), "a": 0.3}

    def right(given):
        return given["a"] * given["x"] + given["y"]

    def found(answer, slips=lambda given: {}):
        return wrong_terms(answer, right, slips, TWO, inputs)

    assert found(right) is None
    assert found(lambda g: right(g) + g["x"] * g["y"]) is None  # each is right by itself
    assert found(lambda g: (1 - g["a"]) * g["x"] - g["y"])[0] == (
        "the first: weight 1 - a instead of a; the second: the wrong sign."
    )
    assert found(lambda g: right(g)[:2]) is None
    assert found(lambda g: 1 / 0) is None

    def slips(given):
        return {"both.": (0 * right(given), "b"), "only y.": (given["y"], "x")}

    assert found(lambda g: 0 * right(g), slips) == ("both.", "b")
    assert found(lambda g: 2 * g["y"], slips) == ("only y; the second: 2 times what it should be.", "x")


def test_how_an_array_differs():
    x = np.array([[1.0, -2.0], [3.0, 4.0]])
    assert described(x.T, x, "1", {}) == "transposed"
    assert described(relu(x), x, "1", {}) == "put through relu"
    assert described(np.tanh(x), x, "1", {}) == "put through tanh"
    assert described(x / 0.2, x, "1", {"lr": 0.2}) == "weight 1 / lr instead of 1"
    assert described(x, 0 * x, "1", {}) == "not 0, as it should be here"
