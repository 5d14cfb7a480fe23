{# Give the space of deleted rows back and sort the others. Not in a transaction. #}
vacuum {{ name | table }}
