// SPDX-License-Identifier: Apache-2.0
// Fields of the messages between two ends of this project.
#include "tables.hpp"

namespace topgun::wire::detail {

TOPGUN_WIRE_RECORD(ReconcileDigest, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("kind", kind),
                   TOPGUN_FIELD("digest", digest));
TOPGUN_WIRE_RECORD(ReconcileStart, TOPGUN_FIELD("maps", maps),
                   TOPGUN_FIELD("all", all, Rule::omit_if_false),
                   TOPGUN_FIELD("follow", follow, Rule::omit_if_false));
TOPGUN_WIRE_RECORD(ReconcileMap, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("kind", kind),
                   TOPGUN_FIELD("mode", mode), TOPGUN_FIELD("records", records),
                   TOPGUN_FIELD("removed", removed), TOPGUN_FIELD("bytes", bytes),
                   TOPGUN_FIELD("differing", differing), TOPGUN_FIELD("revision", revision),
                   TOPGUN_FIELD("symbols", symbols), TOPGUN_FIELD("error", error));
TOPGUN_WIRE_RECORD(ReconcileMaps, TOPGUN_FIELD("maps", maps),
                   TOPGUN_FIELD("more", more, Rule::omit_if_false));
TOPGUN_WIRE_RECORD(ReconcileReqSymbols, TOPGUN_FIELD("mapName", map_name),
                   TOPGUN_FIELD("kind", kind), TOPGUN_FIELD("revision", revision),
                   TOPGUN_FIELD("first", first), TOPGUN_FIELD("count", count));
TOPGUN_WIRE_RECORD(ReconcileSymbols, TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("kind", kind),
                   TOPGUN_FIELD("revision", revision), TOPGUN_FIELD("first", first),
                   TOPGUN_FIELD("symbols", symbols));
TOPGUN_WIRE_RECORD(ReconcileReqLeaves, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("kind", kind),
                   TOPGUN_FIELD("sums", sums));
TOPGUN_WIRE_RECORD(ReconcileExchange, TOPGUN_FIELD("requestId", request_id),
                   TOPGUN_FIELD("mapName", map_name), TOPGUN_FIELD("kind", kind),
                   TOPGUN_FIELD("wanted", wanted), TOPGUN_FIELD("offered", offered),
                   TOPGUN_FIELD("rows", rows), TOPGUN_FIELD("leaves", leaves),
                   TOPGUN_FIELD("quiet", quiet, Rule::omit_if_false));
TOPGUN_WIRE_RECORD(ReconcileRejection, TOPGUN_FIELD("index", index), TOPGUN_FIELD("code", code),
                   TOPGUN_FIELD("reason", reason));
TOPGUN_WIRE_RECORD(ReconcileRows, TOPGUN_FIELD("requestId", request_id), TOPGUN_FIELD("rows", rows),
                   TOPGUN_FIELD("needed", needed), TOPGUN_FIELD("rejected", rejected),
                   TOPGUN_FIELD("left", left), TOPGUN_FIELD("leaves", leaves),
                   TOPGUN_FIELD("error", error),
                   TOPGUN_FIELD("done", done, Rule::omit_if_false));

}  // namespace topgun::wire::detail
