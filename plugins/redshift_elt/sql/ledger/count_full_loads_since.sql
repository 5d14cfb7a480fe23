{# How many full loads of a target have ended since the run listed its source. Binds target and full_load_start, the
   window_start of full loads. #}
select count(*)
from {{ files | table }} as listing
join {{ bookkeeping }}.loads as loads
    on loads.loaded_at > listing.modified_at
where listing.kind = 'listing'
    and loads.target = %(target)s
    and loads.window_start = %(full_load_start)s
    and loads.full_load
