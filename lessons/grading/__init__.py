"""Assignments that grade themselves: released, checked by the student, run shut off, judged outside."""

from .check import check as check
from .check import demand as demand
from .inside.examples import example as example
from .judging import Judgement as Judgement
