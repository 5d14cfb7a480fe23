{# How many of the staged objects a target has loaded before in another version. Binds target.
   "kind <> 'listing'" and not "kind = 'object'": a planner without statistics expects an equality to leave one row in
   two hundred, and then loops over the ledger for each staged file. #}
select count(*)
from {{ files | table }} as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind <> 'listing'
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag
