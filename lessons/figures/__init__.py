"""Figures of tasks and networks, and their style."""
