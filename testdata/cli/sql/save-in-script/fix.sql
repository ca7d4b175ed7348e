DELETE FROM users WHERE age = 7;
.save fix.tgl
