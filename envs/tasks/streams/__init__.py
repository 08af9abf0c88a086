"""Streams of symbols, which do not end: their tasks."""
