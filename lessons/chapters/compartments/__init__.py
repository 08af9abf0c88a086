"""The page "Compartments and phases"."""

from .check import check_teach as check_teach
