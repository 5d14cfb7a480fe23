"""Schema drift: compare the fields of new objects with the columns of the staging table, before COPY reads them.

COPY ignores a field that has no column, and fills a column that has no field with NULL, both without a message. In the
same way it skips the header lines of a text file, even if they are records.
"""
