drop table if exists a, b.c; begin; start transaction; commit; rollback to savepoint x; savepoint y; release z; end; abort;
