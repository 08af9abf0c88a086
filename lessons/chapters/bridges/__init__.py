"""The page "Bridges through time"."""

from ....agents.measures.error_left import error_left as error_left
from .check import check_bridged_block as check_bridged_block
from .figures import draw_error_left as draw_error_left
