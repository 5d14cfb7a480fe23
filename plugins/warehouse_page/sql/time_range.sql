{# The first and the last event time of the fact. #}
select
    min({{ time_column | identifier }}),
    max({{ time_column | identifier }})
from {{ fact | table }}
