"""COPY from S3 into a table, as Redshift does it."""

from local.standin.copy.copier import S3Copier
from local.standin.copy.parser import parse
from local.standin.copy.statement import CopyStatement

__all__ = ["CopyStatement", "S3Copier", "parse"]
