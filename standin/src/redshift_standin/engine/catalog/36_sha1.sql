-- SHA1 of FIPS 180-4, which PostgreSQL has in an extension only that is not always there.

create or replace function standin.rotate_left(word bigint, places integer)
returns bigint
language sql
immutable
strict
as $$ select ((word << places) | (word >> (32 - places))) & 4294967295 $$;

create or replace function standin.sha1(value text)
returns text
language plpgsql
immutable
strict
as $$
declare
    -- A word of 32 bits, so that sums are taken modulo 2^32.
    word constant bigint := 4294967295;
    message bytea := convert_to(value, 'UTF8');
    size constant bigint := octet_length(message);
    schedule bigint[];
    hash bigint[] := array[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    a bigint;
    b bigint;
    c bigint;
    d bigint;
    e bigint;
    mixed bigint;
begin
    message := message || decode(rpad('80', 2 + 2 * ((119 - size % 64) % 64)::integer, '0'), 'hex') || int8send(size * 8);
    for block in 0 .. octet_length(message) / 64 - 1 loop
        for place in 0 .. 15 loop
            schedule[place] := ('x' || encode(substr(message, block * 64 + place * 4 + 1, 4), 'hex'))::bit(32)::bigint;
        end loop;
        for place in 16 .. 79 loop
            schedule[place] := standin.rotate_left(
                schedule[place - 3] # schedule[place - 8] # schedule[place - 14] # schedule[place - 16], 1
            );
        end loop;
        a := hash[1];
        b := hash[2];
        c := hash[3];
        d := hash[4];
        e := hash[5];
        for place in 0 .. 79 loop
            if place < 20 then
                mixed := ((b & c) | (~b & d)) + 1518500249;
            elsif place < 40 then
                mixed := (b # c # d) + 1859775393;
            elsif place < 60 then
                mixed := ((b & c) | (b & d) | (c & d)) + 2400959708;
            else
                mixed := (b # c # d) + 3395469782;
            end if;
            mixed := (standin.rotate_left(a, 5) + mixed + e + schedule[place]) & word;
            e := d;
            d := c;
            c := standin.rotate_left(b, 30);
            b := a;
            a := mixed;
        end loop;
        hash := array[(hash[1] + a) & word, (hash[2] + b) & word, (hash[3] + c) & word, (hash[4] + d) & word,
            (hash[5] + e) & word];
    end loop;
    return (select string_agg(lpad(to_hex(part), 8, '0'), '' order by place)
        from unnest(hash) with ordinality as parts (part, place));
end
$$;
