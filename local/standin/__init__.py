"""The stand-in for AWS: S3, IAM, the Redshift control plane and a Redshift endpoint, on a real PostgreSQL."""
