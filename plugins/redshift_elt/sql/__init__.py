"""Pure functions from values to SQL text: no Airflow, no connection."""
