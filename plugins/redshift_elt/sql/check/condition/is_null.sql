{# True if a column is null. #}
{{ column | identifier }} is null
