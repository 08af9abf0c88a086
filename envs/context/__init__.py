"""Trials in context: biased and in blocks, in a row that has a history, and answered as soon as the subject will."""
