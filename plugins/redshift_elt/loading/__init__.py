"""From staged rows to rows of a target: strategies, locks, and the history of loads."""
