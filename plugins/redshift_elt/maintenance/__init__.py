"""Upkeep of the warehouse: retention, what failed runs have left, VACUUM and ANALYZE."""
