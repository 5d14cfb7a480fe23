{# A load creates the staging tables of its run beside the permanent ones, and locks of its targets in etl. #}
grant usage, create on schema public, etl to {{ user | identifier }}
