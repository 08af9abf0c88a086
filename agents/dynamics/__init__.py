"""Analyses of dynamics: they take arrays and step callables, and know nothing of tasks or networks."""

from .jacobian_product import Bridge as Bridge
from .jacobian_product import jacobian_product as jacobian_product
from .principal_components import PrincipalComponents as PrincipalComponents
from .principal_components import principal_components as principal_components
