-- Every value of every table but json, which PostgreSQL sorts and writes in its own way. A cast to text would cut the
-- blanks of char(n) and lengthen inet, unlike COPY.
SET TimeZone = 'UTC';
SET bytea_output = 'hex';
CREATE FUNCTION pg_temp.all_values() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE t record; col record; v record; n integer;
BEGIN
    FOR t IN SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind = 'r' AND nspname IN ('public', 'Odd "schema"') ORDER BY 2, 3 LOOP
        FOR col IN SELECT attname, atttypid FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0
                 AND attgenerated = '' AND atttypid NOT IN ('json'::regtype, 'jsonb'::regtype, 'jsonb[]'::regtype)
                 ORDER BY attnum LOOP
            n := 0;
            FOR v IN EXECUTE format('SELECT %1$s AS x FROM ONLY %3$I.%4$I ORDER BY ctid',
                                      CASE WHEN col.atttypid IN ('bpchar'::regtype, 'inet'::regtype) THEN format('CASE WHEN %1$I IS NOT NULL THEN concat(%1$I) END', col.attname)
                                           ELSE format('%I::text', col.attname) END, col.attname, t.nspname, t.relname) LOOP
                n := n + 1;
                RETURN NEXT t.relname || E'\x1f' || col.attname || E'\x1f' || n || E'\x1f' || coalesce(v.x, '<NULL>') || E'\x1e';
            END LOOP;
        END LOOP;
    END LOOP;
END $$;
SELECT * FROM pg_temp.all_values();
