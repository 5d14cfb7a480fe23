"""From staged rows to target rows, and the bookkeeping of loads."""
