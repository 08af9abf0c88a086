"""Learning rules: one final class each, its whole update visible in its file."""

from .bptt import BPTT as BPTT
from .descent import Diverged as Diverged
