{# Delete the rows of targets whose bare name could mean several tables, so that each loads its objects again. #}
delete from {{ bookkeeping }}.{{ name | table }}
where target in ({% for target in targets %}{{ target | literal }}{{ ", " | sql if not loop.last }}{% endfor %})
