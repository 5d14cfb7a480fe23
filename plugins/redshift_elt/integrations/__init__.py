"""Alerts, lineage and the retry policy."""
