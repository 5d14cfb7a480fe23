"""From S3 objects to the rows of a run's staging table."""
