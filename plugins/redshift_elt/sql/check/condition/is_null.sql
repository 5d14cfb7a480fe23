{# Holds of rows in which a column is null. #}
{{ column | identifier }} is null
