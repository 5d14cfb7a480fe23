"""The local stack: a stand-in for AWS and Redshift, and the processes that run Airflow beside it."""
