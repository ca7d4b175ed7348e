SELECT t.a, u.f FROM t FULL JOIN u ON t.a = u.a AND u.g ORDER BY 1 NULLS FIRST, 2;
SELECT * FROM t NATURAL JOIN u;
SELECT * FROM t JOIN u USING (a) LEFT JOIN LATERAL (SELECT t.c * x AS y FROM generate_series(1, t.a) x) l ON true;
SELECT count(*) FROM t a, t b, t c, u WHERE a.a < b.a OR b.b LIKE c.b || '%';
