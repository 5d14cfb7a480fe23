"""Functions from values to SQL text: no connection, and of Airflow only the setting of the bookkeeping schema."""
