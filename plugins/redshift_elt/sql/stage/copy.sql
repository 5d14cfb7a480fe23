{# COPY an object, or the objects that a manifest names. No option can be bound, so texts are quoted.
   COMPUPDATE and STATUPDATE are off: the encodings of a staging table are declared, and analyzing them or collecting
   statistics would take longer than the load itself (AWS page "Data load operations"). #}
copy {{ name | table }}
from {{ url | literal }}
{% if options.iam_role == "default" %}
iam_role default
{% else %}
iam_role {{ options.iam_role | literal }}
{% endif %}
format as json {{ options.json | literal }}
{% if manifest %}
manifest
{% endif %}
{% if options.gzip %}
gzip
{% endif %}
{% if options.time_format %}
timeformat {{ options.time_format | literal }}
{% endif %}
{% if options.region %}
region {{ options.region | literal }}
{% endif %}
{% if max_rejects %}
{# The number of errors at which COPY fails. #}
maxerror {{ max_rejects + 1 }}
{% endif %}
compupdate off
statupdate off
