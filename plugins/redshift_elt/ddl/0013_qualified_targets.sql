-- A target is known by its qualified name, or by its name alone in the schema public. What depends on the tables that
-- the database has is in qualified_targets.py.
update {{ bookkeeping }}.check_results
set target = substring(target, len('public.') + 1)
where target like 'public.%';
