"""Assignment 4: the terms of eligibility traces and of credits, each with inputs that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...checking.terms import Term, zero
from .bptt_reference import backward_terms


def _first_bin(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {**inputs, "slopes": inputs["slopes"][:1], "senders": inputs["senders"][:1]}


def _without_news(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The same inputs, but nothing moves a trace in the first bin."""
    return {**inputs, "senders": inputs["senders"] * (np.arange(len(inputs["senders"])) > 0)[:, None]}


NEW = "what is new in a bin"
TRACE_TERMS = (
    Term(NEW, _first_bin, weight="alpha", at=(0,)),
    Term("what stays of the trace", zero(), _without_news, "1 - alpha", (1,), (NEW,)),
)
CREDIT_TERMS = (Term("the local credit", zero(), at=(0,)), *backward_terms("slopes", 1.0, 1))
