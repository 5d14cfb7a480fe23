"""A local stand-in for Amazon Redshift and the parts of AWS around it."""

__version__ = "1.0.0"
