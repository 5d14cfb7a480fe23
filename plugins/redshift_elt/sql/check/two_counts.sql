{# The results of two queries, each for one number, side by side: the expected and the actual number. Binds what the
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
