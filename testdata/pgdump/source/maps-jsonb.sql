-- Maps as TopGun's former TypeScript server kept them.
CREATE TABLE topgun_maps (map_name TEXT NOT NULL, key TEXT NOT NULL, value JSONB,
    ts_millis BIGINT NOT NULL, ts_counter INTEGER NOT NULL, ts_node_id TEXT NOT NULL,
    is_deleted BOOLEAN DEFAULT FALSE, PRIMARY KEY (map_name, key));
INSERT INTO topgun_maps VALUES
    ('users', 'alice', '{"name": "Alice", "age": 30, "tags": ["a", 1.5, null]}', 1700000000000, 3, 'node-b', false),
    ('users', 'bob', 'null', 1700000000001, 0, 'node-a', true),
    ('users', 'carol', NULL, 1700000000002, 0, 'node-a', false),
    ('users', 'dave', '"still here"', 1700000000003, 0, 'node-a', true),
    ('users', 'tab	key', '{"$bin": "no escape", "big": 100000000000000000000}', 1700000000004, 4294967, 'node-é', false),
    ('todo', 't1', '{"type": "OR", "records": [{"value": "milk", "timestamp": {"millis": 1700000000000, "counter": 0, "nodeId": "n1"}, "tag": "1700000000000:0:n1"}, {"value": {"x": 1}, "timestamp": {"millis": 1700000000005, "counter": 1, "nodeId": "n2"}, "tag": "1700000000005:1:n2", "ttlMs": 60000}]}', 0, 0, '__ORMAP__', false),
    ('todo', 't2', '{"type": "OR", "records": []}', 0, 0, '__ORMAP__', false),
    ('todo', '__tombstones__', '{"type": "OR_TOMBSTONES", "tags": ["1699999999999:4:n2"]}', 0, 0, '__ORMAP__', false);
