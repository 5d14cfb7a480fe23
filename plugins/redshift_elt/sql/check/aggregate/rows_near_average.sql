{# The number of rows of the window, divided by the average of the windows before it; null if they have no rows. Binds
   window_start, and start_<n>_windows_before, the start of the first of these windows. #}
    count(case when in_window = 1 then 1 end)::double precision * {{ windows }} / nullif(
        count(
            case
                when {{ window_column | identifier }} >= %(start_{{ windows }}_windows_before)s
                    and {{ window_column | identifier }} < %(window_start)s
                    then 1
            end
        ),
        0
    )
