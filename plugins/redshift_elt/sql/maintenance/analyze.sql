{# Collect statistics of the columns that queries have used in conditions. Tables that have hardly changed are skipped. #}
analyze {{ name | table }} predicate columns
