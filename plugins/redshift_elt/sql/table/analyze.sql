{# Collect the statistics that the planner needs to join a new table. Redshift collects them by itself only for
   CREATE TABLE ... AS and in the background (AWS page "Analyzing tables"). #}
analyze {{ name | table }}
