{# Runs two queries, each for one number, and returns the expected and the actual number side by side. Binds what the
   queries name. #}
select
    wanted.number as expected,
    found.number as actual
from (
{{ expected | sql }}
) as wanted (number)
cross join (
{{ actual | sql }}
) as found (number)
