"""UNLOAD of a query's result to S3, as Redshift does it."""

from redshift_standin.unload.statement import UnloadStatement, parse
from redshift_standin.unload.unloader import S3Unloader

__all__ = ["S3Unloader", "UnloadStatement", "parse"]
