"""The page "Excitation and inhibition"."""

from .check import check_signed_step as check_signed_step
from .check import check_signed_weights as check_signed_weights
from .weights import draw_spectra as draw_spectra
from .weights import draw_weights as draw_weights
from .weights import mixed_weights as mixed_weights
