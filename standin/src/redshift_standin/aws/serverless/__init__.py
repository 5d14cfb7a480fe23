"""The control plane of Redshift Serverless."""
