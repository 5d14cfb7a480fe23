{# Give a table another name, in the transaction. #}
alter table {{ name | table }} rename to {{ to | identifier }}
