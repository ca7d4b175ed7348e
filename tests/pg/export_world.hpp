// SPDX-License-Identifier: Apache-2.0
// Tables large enough to be read in several units, and exports of them.
#pragma once

#include <filesystem>

#include "topgun/pg/export.hpp"
#include "world.hpp"

namespace topgun::test {

// Some 20,000 rows: records, tombstones, and tags that are removed in a row far from theirs.
inline const std::string kJsonbRows = R"(
INSERT INTO topgun_maps SELECT 'tags', '__tombstones__',
    jsonb_build_object('type', 'OR_TOMBSTONES',
        'tags', (SELECT jsonb_agg(i || ':0:n') FROM generate_series(10, 4000, 10) i)),
    0, 0, '__ORMAP__', false;
INSERT INTO topgun_maps SELECT 'map' || i % 3, 'key' || i,
    jsonb_build_object('n', i, 'text', repeat(md5(i::text), 2)),
    1700000000000 + i, i % 4, 'n' || i % 5, i % 50 = 0 FROM generate_series(1, 15000) i;
INSERT INTO topgun_maps SELECT 'tags', 'key' || i,
    jsonb_build_object('type', 'OR', 'records', jsonb_build_array(
        jsonb_build_object('value', i, 'tag', i || ':0:n', 'timestamp',
            jsonb_build_object('millis', i, 'counter', 0, 'nodeId', 'n')))),
    0, 0, '__ORMAP__', false FROM generate_series(1, 5000) i;)";

// The Rust server's records, {"lww":{"value":{"String":text},"timestamp":...}}, spelled out; every
// tenth as a backup, too.
inline const std::string kByteaRows = R"(
INSERT INTO topgun_maps SELECT 'map' || i % 3, 'key' || i,
    '\x81a36c777782a576616c756581a6537472696e67d940'::bytea ||
        convert_to(repeat(md5(i::text), 2), 'UTF8') ||
        '\xa974696d657374616d7083a66d696c6c6973cf'::bytea || int8send(1700000000000 + i) ||
        '\xa7636f756e74657200a66e6f64654964a26e31'::bytea,
    0, backup, 1, 1
FROM generate_series(1, 15000) i, (VALUES (false), (true)) b(backup)
WHERE NOT backup OR i % 10 = 0)";

struct World {
    explicit World(const std::string& statements) : database(must(postgres().make_database())) {
        must(connect(database)->run(statements));
    }
    std::string url() const { return postgres().url(database); }
    void run(const std::string& statements) const { must(connect(database)->run(statements)); }

    std::string database;
    ScratchDir folder;
    std::string output = folder.file("out.tgs");
};

// With so little memory that several parts have to leave it.
inline pg::ExportOptions small_memory(const World& world) {
    pg::ExportOptions options;
    options.url = world.url();
    options.output = world.output;
    options.memory = std::uint64_t{1} << 20;
    return options;
}

// Whether a file is what a database has now, by every byte of its records.
inline bool same_state(const World& world) {
    const auto diff = cli({"diff", "--deep", world.url(), world.output});
    INFO(diff.out << diff.err);
    CHECK(diff.status <= 1);
    return diff.status == 0;
}

inline bool parts_exist(const World& world) {
    return std::filesystem::exists(world.output + ".parts");
}

}  // namespace topgun::test
