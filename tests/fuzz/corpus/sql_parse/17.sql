select a is true, a is not unknown, a is null, a isnull, a notnull, (a, b) is null, x'1' from t where 1;
