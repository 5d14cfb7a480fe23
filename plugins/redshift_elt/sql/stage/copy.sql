{# COPY an object, or the objects that a manifest names. No option can be bound, so texts are quoted.
   COMPUPDATE and STATUPDATE are off: the encodings of a staging table are declared, and analyzing them or collecting
   statistics would take longer than the load itself (AWS page "Data load operations"). For columnar files, COPY has
   neither COMPUPDATE, REGION nor MAXERROR (AWS page "COPY from columnar data formats"). #}
copy {{ name | table }}
{% if columns %}
    ({{ columns | columns(separator=", ") }})
{% endif %}
from {{ url | literal }}
{% if iam_role == "default" %}
iam_role default
{% else %}
iam_role {{ iam_role | literal }}
{% endif %}
{% for clause in format_clauses %}
{{ clause.keyword | sql }}{% if clause.value is not none %} {{ clause.value | escaped_literal }}{% endif %}

{% endfor %}
{% if manifest %}
manifest
{% endif %}
{% if compression != "none" %}
{{ compression | sql }}
{% endif %}
{% if region and not columnar %}
region {{ region | literal }}
{% endif %}
{% if max_rejects %}
{# The number of errors at which COPY fails. #}
maxerror {{ max_rejects + 1 }}
{% endif %}
{% if not columnar %}
compupdate off
{% endif %}
statupdate off
