explain (analyze, format json, x off) select 1; explain analyze verbose select 1; explain insert into t values (1);
