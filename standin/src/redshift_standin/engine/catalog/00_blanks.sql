-- Trailing blanks do not count when strings are compared, joined or grouped, neither for CHAR nor for VARCHAR.
--
-- PostgreSQL does so for CHAR only. In the clusters' databases the operators of VARCHAR, and what its sorting and its
-- hashing are made of, are those of CHAR. First of all scripts, for a session keeps what an index once was made of.

set allow_system_table_mods = on;

do $$
declare
    old record;
begin
    if (select oprcode = 'bpchareq'::regproc from pg_catalog.pg_operator where oid = '=(text,text)'::regoperator) then
        return;
    end if;

    update pg_catalog.pg_operator as changed
    set oprcode = model.oprcode
    from pg_catalog.pg_operator as model
    where changed.oprleft = 'text'::regtype
        and changed.oprright = 'text'::regtype
        and changed.oprresult = 'boolean'::regtype
        and model.oprname = changed.oprname
        and model.oprleft = 'bpchar'::regtype
        and model.oprright = 'bpchar'::regtype;

    update pg_catalog.pg_amproc as changed
    set amproc = model.amproc
    from pg_catalog.pg_amproc as model,
        pg_catalog.pg_opfamily as changed_family,
        pg_catalog.pg_opfamily as model_family
    where changed_family.oid = changed.amprocfamily
        and changed_family.opfname in ('text_ops', 'text_pattern_ops')
        and changed.amproclefttype = 'text'::regtype
        and changed.amprocrighttype = 'text'::regtype
        and model_family.oid = model.amprocfamily
        and model_family.opfname = replace(changed_family.opfname::text, 'text', 'bpchar')::name
        and model_family.opfmethod = changed_family.opfmethod
        and model.amproclefttype = 'bpchar'::regtype
        and model.amprocrighttype = 'bpchar'::regtype
        and model.amprocnum = changed.amprocnum;

    -- Equal strings can now differ, so an index must keep each of them as it is.
    delete from pg_catalog.pg_amproc
    where amproc in ('btvarstrequalimage'::regproc, 'btequalimage'::regproc)
        and amproclefttype = 'text'::regtype;

    -- LIKE and regular expressions do count blanks, so they must not be answered by equality in an index.
    update pg_catalog.pg_proc
    set prosupport = 0
    where oid in (
        'textlike(text,text)'::regprocedure,
        'texticlike(text,text)'::regprocedure,
        'textregexeq(text,text)'::regprocedure,
        'texticregexeq(text,text)'::regprocedure
    );

    -- The indexes that an older stand-in made are in another order.
    for old in
        select indexrelid::regclass as name
        from pg_catalog.pg_index
        join pg_catalog.pg_class on pg_class.oid = indexrelid
        where starts_with(relname, 'standin_sort_key_')
    loop
        execute pg_catalog.format('reindex index %s', old.name);
    end loop;
end
$$;

reset allow_system_table_mods;
