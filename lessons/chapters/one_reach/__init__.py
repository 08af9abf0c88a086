"""The page "Two networks, one reach"."""

from .check import check_autonomy as check_autonomy
from .figures import draw_noise as draw_noise
from .figures import draw_reaches as draw_reaches
from .figures import draw_rotations as draw_rotations
from .figures import draw_tampered as draw_tampered
from .figures import draw_units as draw_units
from .figures import population_measures as population_measures
from .reachers import Reacher as Reacher
from .reachers import noise_errors as noise_errors
from .reachers import reacher as reacher
from .reachers import tampered as tampered
