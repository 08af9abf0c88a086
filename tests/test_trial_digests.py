"""The same seed gives the same trials, to the byte, on every processor and with every mathematical library."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from trial_digests import differing

SCRIPT = Path(__file__).with_name("trial_digests.py")
FEATURES = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])  # type: ignore[index]
"""What this processor can do beyond what NumPy needs. None where that is switched off, and then it is switched on."""


def test_the_trials_are_those_of_the_table():
    assert differing() == []


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"NPY_DISABLE_CPU_FEATURES": " ".join(FEATURES)}, id="a plain processor"),
        pytest.param(
            {"OPENBLAS_CORETYPE": "Prescott" if platform.machine() in ("x86_64", "AMD64") else "ARMV8"},
            id="matrix products of a plain processor",
        ),
    ],
)
def test_the_trials_do_not_depend_on_what_the_processor_can_do(variables):
    run = subprocess.run([sys.executable, SCRIPT], env=os.environ | variables, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("towards", [-np.inf, np.inf])
def test_the_trials_do_not_depend_on_the_last_bit_of_a_function(towards, monkeypatch):
    """Libraries differ in the last bit of a sine or a tanh: here it is the next number, but where it is exact."""

    def nudged(function):
        def nudge(*arguments, out=None, **options):
            value = function(*arguments, **options)
            value = np.where(value == np.round(value), value, np.nextafter(value, np.asarray(towards, value.dtype)))
            if out is None:
                return value
            np.copyto(out, value, casting="same_kind")
            return out

        return nudge

    for name in ("sin", "cos", "tan", "exp", "expm1", "log", "log1p", "tanh", "power", "arctan2", "hypot"):
        monkeypatch.setattr(np, name, nudged(getattr(np, name)))
    assert differing() == []
