"""Measure the cost of a run on the stand-in; see __main__.py."""
