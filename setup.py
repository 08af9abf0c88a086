"""The packages of the wheel: the root, as cogdyn, and every folder of envs, agents and lessons with an __init__.py."""

from setuptools import find_packages, setup

setup(
    script_name="setup.py",  # which setuptools then leaves out of the package cogdyn
    packages=["cogdyn", *(f"cogdyn.{name}" for name in find_packages(include=["envs*", "agents*", "lessons*"]))],
)
