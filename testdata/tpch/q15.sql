-- Top supplier of a quarter. Sums of floats depend on their order: the best one is compared rounded.
with revenue as (
        select l_suppkey as supplier_no,
               round(cast(sum(l_extendedprice * (1 - l_discount)) as numeric), 2) as total_revenue
        from lineitem
        where l_shipdate >= '1996-01-01'
          and l_shipdate < '1996-04-01'
        group by l_suppkey)
select s_suppkey, s_name, s_address, s_phone, total_revenue
from supplier, revenue
where s_suppkey = supplier_no
  and total_revenue = (select max(total_revenue) from revenue)
order by s_suppkey;
