-- Important stock: parts that are a notable share of what Germany's suppliers have. The share is
-- 0.0001 divided by the scale, of which the count of suppliers is ten thousand times as much.
select ps_partkey, sum(ps_supplycost * ps_availqty) as value
from partsupp, supplier, nation
where ps_suppkey = s_suppkey
  and s_nationkey = n_nationkey
  and n_name = 'GERMANY'
group by ps_partkey
having sum(ps_supplycost * ps_availqty) > (
        select sum(ps_supplycost * ps_availqty) / (select count(*) from supplier)
        from partsupp, supplier, nation
        where ps_suppkey = s_suppkey
          and s_nationkey = n_nationkey
          and n_name = 'GERMANY')
order by value desc, ps_partkey;
