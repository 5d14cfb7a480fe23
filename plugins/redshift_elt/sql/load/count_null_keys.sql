{# How many fresh rows have a null in their key. #}
select count(*)
from {{ temporary.fresh | identifier }}
{% for name in key %}
{% if loop.first %}where{% else %}    or{% endif %} {{ name | identifier }} is null
{% endfor %}
