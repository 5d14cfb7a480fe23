-- Identity values are unique and go in steps from row to row of single INSERTs only: a load of several rows leaves gaps
-- in Redshift, whose slices each have values of their own (AWS page "CREATE TABLE"). Here it leaves some after it.

create or replace function standin.skip_identity_values()
returns trigger
language plpgsql
security definer
as $$
begin
    if exists (select from added offset 1) then
        perform pg_catalog.nextval(pg_catalog.pg_get_serial_sequence(tg_relid::regclass::text, attname::text))
        from pg_catalog.pg_attribute
        cross join pg_catalog.generate_series(1, 1 + (random() * 3)::integer)
        where attrelid = tg_relid and attidentity <> '';
    end if;
    return null;
end
$$;

create or replace function standin.leave_identity_gaps(table_id oid)
returns void
language plpgsql
as $$
begin
    execute pg_catalog.format(
        'create trigger standin_skip_identity_values after insert on %s '
        'referencing new table as added for each statement execute function standin.skip_identity_values()',
        table_id::regclass
    );
end
$$;
