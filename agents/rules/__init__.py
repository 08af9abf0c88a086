"""Learning rules: one final class each, its whole update visible in its file."""

from .bptt import BPTT as BPTT
from .cd import CD as CD
from .dasc import DASC as DASC
from .descent import Diverged as Diverged
from .gradient_skip import GradientSkip as GradientSkip
from .sctt import SCTT as SCTT
