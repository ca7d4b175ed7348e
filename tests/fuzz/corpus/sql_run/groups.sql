SELECT a % 2, count(*), sum(c) FILTER (WHERE c > 0), string_agg(b, ',' ORDER BY b DESC) FROM t GROUP BY 1 HAVING count(*) > 0;
SELECT a, g, grouping(a, g), count(DISTINCT f), avg(f) FROM u GROUP BY CUBE (a, g);
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c), mode() WITHIN GROUP (ORDER BY a), jsonb_agg(d) FROM t;
SELECT array_agg(a ORDER BY c), bool_and(a > 0), min(b), max(c), stddev(c), corr(a, c) FROM t;
