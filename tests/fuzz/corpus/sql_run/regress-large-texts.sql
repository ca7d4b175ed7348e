SELECT max(length(repeat('x', 1000000 + g))) FROM generate_series(1, 200) g;
SELECT length(array_to_string(string_to_array(repeat('x,', 10000), ','), repeat('y', 100000)));
SELECT length(string_agg(b, '') OVER (ORDER BY g ROWS BETWEEN 20000 PRECEDING AND 20000 FOLLOWING)) FROM t, generate_series(1, 20000) g;
