"""One loop, runs on disk, evaluation, actors."""
