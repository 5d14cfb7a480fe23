"""The Redshift Data API: it runs statements, submitted over HTTP, on the clusters' endpoints."""

from redshift_standin.aws.data_api.service import DataApi

__all__ = ["DataApi"]
