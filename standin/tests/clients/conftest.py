from standin_support.airflow_connections import connections  # noqa: F401 - a fixture
