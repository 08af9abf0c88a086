"""Studies: experiments of papers, each run again by one command, ``cogdyn study NAME``."""

from importlib import import_module

from ...envs.names import check_name
from .study import Report as Report
from .study import Study as Study

STUDIES: dict[str, str] = {
    "kao2019": "kao2019.study",
    "marschall2019": "marschall2019.study",
    "marschall2019-retuning": "marschall2019.retuning",
    "marschall2019-tuning": "marschall2019.tuning",
    "marschall2019-wider": "marschall2019.wider",
    "recipes": "recipes.study",
    "song2017": "song2017.study",
    "soo2023": "soo2023.study",
    "soo2023-default": "soo2023.default",
    "soo2023-errors": "soo2023.errors",
    "soo2023-start": "soo2023.start",
    "soo2023-start-tuning": "soo2023.start_tuning",
    "soo2023-tuning": "soo2023.tuning",
    "soo2023-transmission": "soo2023.transmission",
}
"""The module in this folder that holds each study, as ``STUDY``; loaded only when it is asked for."""


def load_study(name: str) -> Study:
    """The study of that name.

    Raises:
        ValueError: If there is none; the message lists those that there are.
    """
    return import_module(f".{STUDIES[check_name('study', name, STUDIES)]}", __name__).STUDY
