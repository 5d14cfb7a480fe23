"""Access keys and permissions, evaluated as IAM does."""
