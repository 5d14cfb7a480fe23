"""Schema drift: compare the fields of new objects with the columns of the staging table, before COPY reads them.

COPY ignores a field that has no column, and fills a column that has no field with NULL, both without a message. It skips
the header lines of a text file in the same way, even if they are records.
"""
