CREATE TABLE m (map_name text, key text, value jsonb, ts_millis bigint, ts_counter integer, ts_node_id text, is_deleted boolean);
COPY m FROM stdin;
m	k	{"a": 1}	5	0	n	f
m	k	null	6	0	n	t
o	k	{"type": "OR", "records": [{"value": 1, "timestamp": {"millis": 5, "counter": 0, "nodeId": "n"}, "tag": "5:0:n", "ttlMs": 7}]}	0	0	__ORMAP__	f
o	__tombstones__	{"type": "OR_TOMBSTONES", "tags": ["1:0:n"]}	0	0	__ORMAP__	f
\.
CREATE TABLE r (map_name text, key text, value bytea, expiration_time bigint, is_backup boolean);
COPY r FROM stdin;
m	k	\\x81a36c777782a576616c756581a3496e742aa974696d657374616d7083a66d696c6c697305a7636f756e74657206a66e6f64654964a16e	0	f
\.
