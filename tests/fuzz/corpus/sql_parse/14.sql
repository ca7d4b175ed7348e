with recursive a(x) as materialized (select 1), b as not materialized (select 2) select 1 union all (select 2 limit 1) except select 3 intersect all select 4 order by 1;
