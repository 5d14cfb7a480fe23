"""COPY: loads objects from S3 into a table.

A COPY statement passes through these modules:

- ``parser`` and ``options`` parse it into a ``statement``, with its ``authorization``; ``option_compatibility`` rejects
  options that exclude each other.
- ``copier`` runs it: it looks up the table (``columns``) and the objects (``s3_objects``), streams the rows to
  PostgreSQL, and writes the ``load_history``.
- ``row_reader`` reads the objects one after the other, through ``file_encoding`` and one of the file formats:
  ``text_format`` (records and fields: ``record_splitting``), ``json_format`` (``json_values``, ``jsonpaths``),
  ``avro_format``, or ``columnar_format`` for ``parquet_format`` and ``orc_format``. ``file_format`` defines their
  common interface.
- ``row_converter`` turns the values of a row into PostgreSQL's text format. It uses a converter for each column
  (``column_converters``, with ``character_converters``, ``number_converters``, ``automatic_times`` and
  ``time_patterns``), or ``bulk_converters`` for many rows at once. ``conversion`` defines their common
  interface.
"""

from redshift_standin.copy.copier import S3Copier
from redshift_standin.copy.parser import parse
from redshift_standin.copy.statement import CopyStatement

__all__ = ["CopyStatement", "S3Copier", "parse"]
