"""How much the tables of a database hold."""

from __future__ import annotations

# In blocks of 1 MB; empty tables are not listed (AWS page "SVV_TABLE_INFO").
MEGABYTES_OF_TABLES = "select sum(size) from svv_table_info"
