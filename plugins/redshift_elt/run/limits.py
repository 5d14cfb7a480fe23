"""The limits of arguments that are fields of forms too: a form refuses what an operator would refuse in the run."""

from __future__ import annotations

# MAXERROR is at most 100,000, and is the number of errors at which COPY fails (AWS page "Data load operations").
MOST_REJECTS = 99_999
# In seconds, a week; the warehouse's limit is an integer of milliseconds.
MOST_STATEMENT_TIMEOUT = 604_800
# The query logs truncate a label to 30 characters (AWS page "query_group").
QUERY_GROUP_PATTERN = r"^[\w .:/-]{0,30}$"
