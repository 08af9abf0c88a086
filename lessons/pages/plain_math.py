"""Docstrings as plain text for the terminal: formulas and markup of reStructuredText in ordinary characters."""

from __future__ import annotations

import re
import textwrap

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho . sigma tau upsilon phi"
)
SYMBOLS = {
    **{name: chr(ord("α") + k) for k, name in enumerate((*GREEK.split(), "chi", "psi", "omega"))},
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
    "sum": "Σ", "prod": "Π", "partial": "∂", "nabla": "∇", "ell": "ℓ", "infty": "∞", "top": "ᵀ", "odot": "⊙",
    "leftarrow": "←", "rightarrow": "→", "to": "→", "propto": "∝", "approx": "≈", "sim": "~", "pm": "±", "cdot": "·",
    "times": "×", "circ": "∘", "in": "∈", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠",
    "langle": "⟨", "rangle": "⟩", "cdots": "…", "dots": "…", "ldots": "…", "quad": "  ", "qquad": "    ",
    "left": "", "right": "", "big": "", "Big": "", "bigl": "", "bigr": "", "max": "max", "min": "min", "exp": "exp",
    "tanh": "tanh", "log": "log", "cos": "cos", "sin": "sin",
}  # fmt: skip
"""Commands of LaTeX that stand for a character or a word."""
ACCENTS = {"tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "hat": "\u0302", "vec": "\u20d7"}
"""Commands that put a mark on a letter, as combining characters."""
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"


def plain_formula(formula: str) -> str:
    r"""A formula of LaTeX in ordinary characters: ``\tilde h_{t-1}`` as h̃_(t-1).

    Args:
        formula: What is between the dollars, or behind ``:math:``.
    """
    text = re.sub(rf"\\(?:text|mathrm|mathbf|operatorname)\s*{_GROUP}", r"\1", formula)
    while (shorter := re.sub(rf"\\d?frac\s*{_GROUP}\s*{_GROUP}", r"(\1) / (\2)", text)) != text:
        text = shorter
    text = re.sub(rf"\\sqrt\s*{_GROUP}", r"√(\1)", text)
    for name, mark in ACCENTS.items():
        text = re.sub(rf"\\{name}\s*(?:\{{(\\?\w+)\}}|(\\?[A-Za-z]+))", lambda m, mark=mark: _marked(m, mark), text)
    text = re.sub(r"\\([A-Za-z]+)", lambda m: SYMBOLS.get(m[1], m[1]), text)
    text = re.sub(r"\\[,;:! ]\s*", " ", text).replace("\\\\", "\n").replace("\\", "").replace("&", "")
    text = re.sub(r"([_^])\{(\w+)\}", r"\1\2", text).replace("Δ ", "Δ")
    text = text.replace("{", "(").replace("}", ")")
    text = re.sub(r"\((\w+)\) / ", r"\1 / ", text)
    return re.sub(r" / \((\w+)\)", r" / \1", text)


def plain_docstring(text: str) -> str:
    """Paragraphs of a docstring without markup, each on a line of its own; formulas stand apart.

    Args:
        text: The docstring, without the indentation of its code.
    """
    return "\n\n".join(filter(None, (_paragraph(part) for part in re.split(r"\n\s*\n", text.strip()))))


def _paragraph(part: str) -> str:
    if "\n.. math::" in part:
        before, _, after = part.partition("\n.. math::")
        return f"{_paragraph(before)}\n\n{_paragraph(f'.. math:: {after}')}"
    formula = re.fullmatch(r"\.\. math::\s*(.*)", part.strip(), re.S)
    if formula is None:
        return "\n".join(plain_sentence(" ".join(item.split())) for item in re.split(r"\n(?=- )", part))
    lines = re.split(r"\\q?quad|\\\\", " ".join(formula[1].split()))
    return "\n".join(
        textwrap.fill(" ".join(plain_formula(line).split()), 76, initial_indent=4 * " ", subsequent_indent=8 * " ")
        for line in lines
    )


def plain_sentence(text: str) -> str:
    """A sentence without markup: formulas in ordinary characters, names without quotes and modules."""
    text = re.sub(r":math:`([^`]*)`", lambda m: plain_formula(m[1]), text)
    text = re.sub(r":\w+:`~?([^`<]*)`", lambda m: m[1].rsplit(".", 1)[-1], text)
    return text.replace("``", "")


def _marked(match: re.Match[str], mark: str) -> str:
    letters = match[1] or match[2]
    letter = SYMBOLS.get(letters[1:], letters[1:]) if letters.startswith("\\") else letters
    return letter[:1] + mark + letter[1:]
