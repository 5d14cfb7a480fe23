{# Collect the statistics that the planner needs to join a temporary table. Redshift collects them by itself only for
   CREATE TABLE ... AS and in the background (AWS page "Analyzing tables"). #}
analyze {{ name | identifier }}
