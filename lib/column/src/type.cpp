// SPDX-License-Identifier: Apache-2.0
#include "topgun/column/type.hpp"

namespace topgun {

Storage storage_of(DataType type) noexcept {
    switch (type.id) {
        case TypeId::null: return Storage::none;
        case TypeId::boolean:
        case TypeId::bigint:
        case TypeId::date:
        case TypeId::time:
        case TypeId::timestamp:
        case TypeId::timestamptz: return Storage::integer;
        case TypeId::real: return Storage::real;
        case TypeId::numeric: return Storage::decimal;
        case TypeId::interval: return Storage::interval;
        case TypeId::text:
        case TypeId::bytea:
        case TypeId::json:
        case TypeId::list: return Storage::bytes;
    }
    return Storage::none;
}

std::string type_name(DataType type) {
    switch (type.id) {
        case TypeId::null: return "unknown";
        case TypeId::boolean: return "boolean";
        case TypeId::bigint: return "bigint";
        case TypeId::real: return "double precision";
        case TypeId::numeric: return "numeric";
        case TypeId::text: return "text";
        case TypeId::bytea: return "bytea";
        case TypeId::date: return "date";
        case TypeId::time: return "time without time zone";
        case TypeId::timestamp: return "timestamp without time zone";
        case TypeId::timestamptz: return "timestamp with time zone";
        case TypeId::interval: return "interval";
        case TypeId::json: return "jsonb";
        case TypeId::list: return type_name(type.element) + "[]";
    }
    return "unknown";
}

}  // namespace topgun
