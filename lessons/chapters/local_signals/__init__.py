"""The page "Local signals"."""

from .check import check_rflo as check_rflo
from .signals import cue_alignment as cue_alignment
from .signals import draw_cue_alignment as draw_cue_alignment
from .signals import feedback_alignment as feedback_alignment
