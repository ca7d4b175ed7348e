-- Which plans were written to, week by week, and which node wrote most of each:
-- a join of two groupings, a window over groups, and totals by ROLLUP.
WITH weekly AS (
    SELECT plan, date_trunc('week', _ts) AS week, count(*) AS records, avg(score) AS score
    FROM users
    WHERE active
    GROUP BY 1, 2
), writers AS (
    SELECT plan, _node AS node, count(*) AS records,
           rank() OVER (PARTITION BY plan ORDER BY count(*) DESC, _node) AS place
    FROM users
    GROUP BY plan, _node
)
SELECT coalesce(w.plan, '(all)') AS plan,
       coalesce(to_char(w.week, 'YYYY-MM-DD'), '(all)') AS week,
       sum(w.records) AS records,
       round(avg(w.score), 1) AS score,
       min(n.node) AS top_writer
FROM weekly w JOIN writers n ON n.plan = w.plan AND n.place = 1
WHERE w.week >= '2024-01-01'
GROUP BY ROLLUP (w.plan, w.week)
ORDER BY w.plan NULLS LAST, w.week NULLS LAST;
