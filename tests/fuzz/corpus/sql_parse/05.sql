select E'\\x01\\t\\"', U&'d\0061t', 'it''s', '', $$a$b$$, "Weird ""Name""", "select", "B", e'\'', e'\u00e9\n';
