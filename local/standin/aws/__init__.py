"""AWS on the loopback address: S3, IAM, STS, Secrets Manager, EC2 and the Redshift control plane, by moto."""

from local.standin.aws.service import Aws

__all__ = ["Aws"]
