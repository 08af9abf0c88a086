"""cogdyn: cognitive tasks, biologically plausible networks that learn them, and lessons on their dynamics.

Importing the package registers the environments with Gymnasium and loads neither torch nor matplotlib.
"""

__version__ = "0.1.0"

from . import envs as envs
