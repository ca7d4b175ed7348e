create table x (a,b) as select 1 with no data; create table if not exists y as table z;
