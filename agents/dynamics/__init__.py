"""Analyses of dynamics: they take arrays and step callables, and know nothing of tasks or networks."""

from .principal_components import PrincipalComponents as PrincipalComponents
from .principal_components import principal_components as principal_components
