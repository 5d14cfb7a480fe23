"""COPY from S3 into a table, as Redshift does it."""

from redshift_standin.copy.copier import S3Copier
from redshift_standin.copy.parser import parse
from redshift_standin.copy.statement import CopyStatement

__all__ = ["CopyStatement", "S3Copier", "parse"]
