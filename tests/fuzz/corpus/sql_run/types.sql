SELECT f::bigint, f::text::numeric(5, 1), e + 1, e - date '2000-01-01', e::timestamp + interval '1 month -3 days', extract(dow FROM e), date_trunc('month', e::timestamp), age(e) IS NULL FROM u;
SELECT d -> 'k' -> 0, d #>> '{k,1}', d @> '{"k": [1]}', jsonb_typeof(d), d || '{"z": 0}', jsonb_set(d, '{k,0}', '9') FROM t WHERE jsonb_typeof(d) = 'object';
SELECT 7 / 2, -7 % 3, 2 ^ 10, 1e300 * 1e10, 0.1 + 0.2, round(2.5), 9223372036854775807 + 1;
SELECT (ARRAY[1, 2, 3])[2:3], ARRAY[a, 1] || a, unnest(ARRAY[b, 'z']), CASE WHEN a > 1 THEN c ELSE a END, coalesce(c, a), nullif(a, 1), greatest(a, c) FROM t;
SELECT $1::bigint + 1, $1 || 'x', '2024-13-01'::date;
