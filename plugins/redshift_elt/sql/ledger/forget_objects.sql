{# Remove from a target's ledger the objects that are about to be recorded in their new version. Binds target.
   "kind <> 'listing'" and not "kind = 'object'": a planner without statistics expects an equality to leave one row in
   two hundred, and then loops over the ledger for each staged file. #}
delete from etl.loaded_files
using {{ files | table }}
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = {{ files | table }}.bucket
    and etl.loaded_files.object_key = {{ files | table }}.object_key
    and {{ files | table }}.kind <> 'listing'
