-- Maps as TopGun's Rust server keeps them, under a name of their own, with rows that are no records.
CREATE SCHEMA app;
CREATE TABLE app.my_maps (map_name TEXT NOT NULL, key TEXT NOT NULL, value BYTEA NOT NULL,
    expiration_time BIGINT NOT NULL DEFAULT 0, is_backup BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (map_name, key, is_backup));
CREATE FUNCTION lww(v text, fields text DEFAULT '83a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62')
    RETURNS bytea LANGUAGE sql AS $$ SELECT decode('81a36c777782a576616c7565' || v || 'a974696d657374616d70' || fields, 'hex') $$;
INSERT INTO app.my_maps VALUES
    ('users', 'int', lww('81a3496e742a'), 0, false, 1700000000000, 1700000000000),
    ('users', 'minus', lww('81a3496e74ff'), 1700000060000, false, 0, 0),
    ('users', 'least', lww('81a3496e74d38000000000000000'), 0, false, 0, 0),
    ('users', 'null', lww('a44e756c6c'), 0, false, 0, 0),
    ('users', 'true', lww('81a4426f6f6cc3'), 0, false, 0, 0),
    ('users', 'float', lww('81a5466c6f6174cb3ff8000000000000'), 0, false, 0, 0),
    ('users', 'bytes', lww('81a5427974657394007fcc80ccff'), 0, false, 0, 0),
    ('users', 'map', lww('81a34d617082a16181a5417272617992a44e756c6c81a6537472696e67a178a16281a3496e7401'), 0, false, 0, 0),
    ('users', 'map', lww('81a3496e7405', '83a66d696c6c6973cf0000018bcfe56801a7636f756e74657203a66e6f64654964a66e6f64652d62'), 0, true, 0, 0),
    ('users', 'bad', decode('c1', 'hex'), 0, false, 0, 0),
    ('users', 'none', '', 0, false, 0, 0),
    ('todo', 'empty', decode('81a56f724d617081a77265636f72647390', 'hex'), 0, false, 0, 0),
    ('todo', 'one', decode('81a56f724d617082a77265636f7264739183a576616c756581a3496e7407a3746167b2313730303030303030303030303a303a6e31a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657200a66e6f64654964a26e31aa746f6d6273746f6e657391b2313639393939393939393939393a343a6e32', 'hex'), 0, false, 0, 0),
    ('todo', 'old', decode('81ac6f72546f6d6273746f6e657381a47461677391a5313a303a6e', 'hex'), 0, false, 0, 0);
