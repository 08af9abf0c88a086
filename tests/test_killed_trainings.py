"""Kills at random moments, in small: ``python tests/killed_trainings.py 60`` is the same with 60 of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork")
def test_killed_trainings_resume_to_the_files_of_uninterrupted_ones():
    script = Path(__file__).with_name("killed_trainings.py")
    run = subprocess.run([sys.executable, script, "8"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "each with the files of an uninterrupted one" in run.stdout
