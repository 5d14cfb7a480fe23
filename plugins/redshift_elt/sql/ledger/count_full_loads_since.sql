{# How many full loads of a target have ended since the run listed its source or, if it listed only the last keys, since
   the last of its objects was written. Binds target and full_load_start, the window_start of full loads. #}
select count(*)
from {{ bookkeeping }}.loads
where target = %(target)s
    and window_start = %(full_load_start)s
    and full_load
    and loaded_at > (
        select max(modified_at)
        from {{ files | table }}
    )
