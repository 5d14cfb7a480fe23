"""COPY from S3 into a table, as Redshift does it."""

from local.standin.copy.copier import S3Copier
from local.standin.copy.statement import CopyStatement, parse

__all__ = ["CopyStatement", "S3Copier", "parse"]
