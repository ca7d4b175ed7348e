DELETE FROM users WHERE age = 7;
