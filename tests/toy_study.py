"""A study that takes milliseconds: what a job does is written in the job."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from cogdyn.lessons import studies
from cogdyn.lessons.commands.main import main
from cogdyn.lessons.figures.style import new_figure
from cogdyn.lessons.studies import Report, Study
from cogdyn.lessons.studies.table import text_table


def measure(job):
    """Note in the log that the run took place, do what the job says, and measure a mean of random numbers."""
    with open(job["log"], "a") as log:
        log.write(f"{job['seed']}\n")
    if job["does"] == "fail" and not Path(job["log"]).with_name("mended").exists():
        raise ValueError("this run\nfails")
    if job["does"] == "die last":
        until = time.monotonic() + 600
        while len([*Path(job["log"]).parent.glob("*/results/*.json")]) < job["seed"] and time.monotonic() < until:
            time.sleep(0.02)
    if job["does"] in ("die", "die last"):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1 if job["does"] == "sleep" else 0)
    draws = np.random.default_rng(job["seed"]).standard_normal((100, 100))
    mean = (draws @ draws).mean()
    if job["does"] == "measure twice":
        return [{"delay": delay, "mean": mean + delay} for delay in (0, 1000)]
    return {"mean": mean}


def report(table):
    figure = new_figure(2, 2)
    figure.subplots().plot([row["seed"] for row in table], [row["mean"] for row in table])
    return Report(text_table([{"seed": row["seed"], "mean": row["mean"]} for row in table]), {"means": figure})


def toy(log, does, name="toy"):
    """A study with one job for each word of what it does; the quick one has the first two."""
    jobs = [{"does": deed, "seed": seed, "log": str(log)} for seed, deed in enumerate(does)]
    return Study(name, "Toys teach.", "10.1234/toy", lambda quick: jobs[:2] if quick else jobs, measure, report)


def register(study):
    """Make it known to the command line."""
    studies.STUDIES["toy"] = "toy"
    sys.modules["cogdyn.lessons.studies.toy"] = sys.modules[__name__]
    sys.modules[__name__].STUDY = study


if __name__ == "__main__":
    import toy_study  # so that the workers find it under this name

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job begins deaf
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    toy_study.register(toy_study.toy(sys.argv.pop(1), sys.argv.pop(1).split(",")))
    main()
