"""Docstrings in the terminal: no markup, formulas in ordinary characters, lines that break at words."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from cogdyn.agents.rules.catalogue import rule_names
from cogdyn.envs import task_names
from cogdyn.lessons.commands.rule_table import rule_in_words, sentence
from cogdyn.lessons.commands.task_table import task_in_words
from cogdyn.lessons.pages.plain_math import plain_docstring, plain_formula, plain_sentence


def printed(words, width=80):
    file = io.StringIO()
    Console(file=file, width=width, highlight=False).print(words)
    return file.getvalue()


@pytest.mark.parametrize("name", [*rule_names(), *task_names()[::8]])
def test_a_rule_and_a_task_are_told_without_markup_in_80_columns(name):
    of = rule_in_words if name in rule_names() else task_in_words
    text, wide = printed(of(name)), printed(of(name), 10_000)
    assert not re.search(r":\w+:`|``|\.\. math|\\[a-zA-Z,]", text), text
    assert max(map(cell_len, text.splitlines())) <= 80
    assert set(text.split()) == set(wide.split())  # no word is cut


def test_no_sentence_of_a_list_has_markup():
    assert not [name for name in rule_names() if re.search(r"`|\\", sentence(name))]


@pytest.mark.parametrize(
    ("formula", "plain"),
    [
        (r"P_{ij}(t) = (1-\alpha)\, P_{ij}(t-1)", "P_ij(t) = (1-α) P_ij(t-1)"),
        (r"\Delta W \propto -\sum_t e_t", "ΔW ∝ -Σ_t e_t"),
        (r"\tilde{J}^\top \bar r \dot{x}", "J\u0303^ᵀ r\u0304 x\u0307"),
        (r"\frac{\partial L}{\partial W_{ij}}", "(∂ L) / (∂ W_ij)"),
        (r"\frac{dt}{\tau} \sqrt{2\alpha}\,\sigma", "dt / τ √(2α) σ"),
        (r"x_{t-1}^{(a)} \in \{0, 1\}", "x_(t-1)^((a)) ∈ (0, 1)"),
        (r"W_{\text{in}} u", "W_in u"),
        (r"\omega \le \Omega", "ω ≤ Ω"),
    ],
)
def test_formulas(formula, plain):
    assert plain_formula(formula) == plain


def test_paragraphs():
    text = "One line\nof ``net``, :class:`~cogdyn.agents.RateRNN`.\n\n.. math:: a = b, \\qquad\n    c = d"
    text += "\n\n- one\n  more\n- two"
    assert plain_docstring(text) == "One line of net, RateRNN.\n\n    a = b,\n    c = d\n\n- one more\n- two"
    assert plain_sentence(":math:`\\alpha = dt/\\tau`") == "α = dt/τ"
