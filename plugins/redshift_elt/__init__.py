"""Load JSON from S3 into Amazon Redshift and keep a star schema right: operators, and what they are made of."""
