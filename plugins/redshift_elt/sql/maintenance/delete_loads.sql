{# Delete loads whose window a later load of the same target contains. Loads need to know which windows have been loaded,
   so the last load of each window stays, however old it is. Binds before. #}
delete from {{ bookkeeping }}.loads
using {{ bookkeeping }}.loads as later
where {{ bookkeeping }}.loads.loaded_at < %(before)s
    and later.target = {{ bookkeeping }}.loads.target
    and later.loaded_at > {{ bookkeeping }}.loads.loaded_at
    and later.window_start <= {{ bookkeeping }}.loads.window_start
    and later.window_end >= {{ bookkeeping }}.loads.window_end
