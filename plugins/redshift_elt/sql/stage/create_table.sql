{# A table of the run, with the columns, encodings and keys of its permanent, empty template. #}
create table {{ name | table }} (like {{ like | table }})
