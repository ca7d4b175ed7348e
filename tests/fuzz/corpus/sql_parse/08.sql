create table if not exists a.b (id int primary key, x text not null unique, c varchar(10)[], primary key (id, x), unique (x));
