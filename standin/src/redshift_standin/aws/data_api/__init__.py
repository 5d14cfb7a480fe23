"""The Redshift Data API: statements that run on the clusters' own endpoints, and are asked for over HTTP."""

from redshift_standin.aws.data_api.service import DataApi

__all__ = ["DataApi"]
