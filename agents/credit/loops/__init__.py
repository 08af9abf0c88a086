"""Learning in every bin as loops over trials, units and synapses, which numba compiles where it is installed.

The loops are plain Python within what numba knows; :mod:`.compiler` alone imports it. They work without it as well, a
thousand times more slowly, which is how tests look into them.
"""
