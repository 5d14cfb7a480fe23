{# How many fresh rows have a null in their key. #}
select count(*)
from {{ temporary.fresh | identifier }}
where {% for name in key %}{{ name | identifier }} is null{% if not loop.last %}

   or {% endif %}{% endfor %}
