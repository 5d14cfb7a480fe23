"""S3, based on moto's."""
