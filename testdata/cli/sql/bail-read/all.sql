.read part.sql
SELECT 3;
