"""AWS on the loopback address: S3, IAM, STS, Secrets Manager, EC2 and Redshift, based on moto."""

from redshift_standin.aws.server import AwsServer

__all__ = ["AwsServer"]
