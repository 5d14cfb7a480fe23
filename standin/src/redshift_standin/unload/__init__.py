"""UNLOAD: writes the result of a query to S3.

- ``parser`` parses an UNLOAD into a ``statement``; ``formats`` lists the options that each format excludes.
- ``unloader`` runs it: it translates and runs the query, writes the objects, and adds to the ``unload_history``.
- ``result_columns`` maps the columns of the result to Redshift's types.
- ``output_files`` distributes the rows to files, partition by partition (``partitions``): lines of text, CSV
  or JSON (``text_lines``), or ``parquet_files``. ``manifest`` lists the files.
"""

from redshift_standin.unload.parser import parse
from redshift_standin.unload.statement import UnloadStatement
from redshift_standin.unload.unloader import S3Unloader

__all__ = ["S3Unloader", "UnloadStatement", "parse"]
