{# The hours from the newest row before the window's end to that end, or to now if that is earlier; null without
   such a row. Binds window_end. #}
    datediff(
        hour,
        max(case when {{ column | identifier }} < %(window_end)s then {{ column | identifier }} end),
        least(%(window_end)s::timestamp, sysdate)
    )
