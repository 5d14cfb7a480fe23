"""AWS on the loopback address: S3, IAM, STS, Secrets Manager, EC2 and Redshift, by moto and in its likeness."""

from local.standin.aws.service import Aws

__all__ = ["Aws"]
