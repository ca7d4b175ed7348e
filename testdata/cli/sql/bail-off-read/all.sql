.bail off
.read part.sql
SELECT 3;
