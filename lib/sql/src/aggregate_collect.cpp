// SPDX-License-Identifier: Apache-2.0
// Aggregates that put values side by side: texts, lists, JSON.
#include <string>

#include "aggregate_state.hpp"
#include "cast.hpp"
#include "json_text.hpp"
#include "list.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun::sql {
namespace {

// A value may have so much, and what goes on growing has an end.
template <typename Buffer>
Status check_size(const Buffer& buffer) {
    return buffer.size() > kTextBytesMax ? Status(value_too_large()) : Status();
}

// string_agg(value, delimiter): rows without a value are passed over, a missing delimiter is none.
struct Joined {
    struct State {
        std::string text;
        bool seen = false;
    };
    using Input = Row;
    static void add(State& state, const Row& row) {
        const auto& value = *row.arguments[0];
        const auto& delimiter = *row.arguments[1];
        if (value.is_null(row.at) || state.text.size() > kTextBytesMax) return;
        if (state.seen && !delimiter.is_null(row.at)) state.text += delimiter.bytes(row.at);
        state.text += value.bytes(row.at);
        state.seen = true;
    }
    static Status finish(const State& state, Column& out) {
        if (state.seen)
            out.add_bytes(state.text);
        else
            out.add_null();
        return {};
    }
    static Status check(const State& state) { return check_size(state.text); }
    static std::size_t heap(const State& state) { return state.text.capacity(); }
};

// Elements one after the other, as they will stand behind the header of an array.
struct Elements {
    struct State {
        Bytes bytes;
        std::size_t count = 0;
    };
    using Input = Row;
    static Status finish(const State& state, Column& out) {
        if (state.count == 0) {
            out.add_null();
            return {};
        }
        Bytes list;
        msgpack::Writer writer(list);
        writer.array(state.count);
        writer.raw(state.bytes);
        out.add_bytes(list);
        return {};
    }
    static bool full(const State& state) { return state.bytes.size() > kTextBytesMax; }
    static Status check(const State& state) { return check_size(state.bytes); }
    static std::size_t heap(const State& state) { return state.bytes.capacity(); }
};
struct ListElements : Elements {
    static void add(State& state, const Row& row) {
        if (full(state)) return;
        msgpack::Writer writer(state.bytes);
        write_element(*row.arguments[0], row.at, writer);
        ++state.count;
    }
};
// Lists as elements of a list: another dimension. All must be of one size, as PostgreSQL has it.
struct InnerLists : Elements {
    struct State : Elements::State {
        std::uint32_t size = 0;
        const char* failure = nullptr;
    };
    static void add(State& state, const Row& row) {
        const auto& column = *row.arguments[0];
        if (full(state)) return;
        if (column.is_null(row.at)) {
            state.failure = "cannot accumulate null arrays";
            return;
        }
        const ValueView list(column.bytes(row.at));
        const auto size = list.size();
        if (size == 0) state.failure = "cannot accumulate empty arrays";
        if (state.count > 0 && size != state.size) {
            state.failure = "cannot accumulate arrays of different dimensionality";
        }
        state.size = size;
        state.bytes += list.bytes();
        ++state.count;
    }
    static Status finish(const State& state, Column& out) {
        if (state.failure != nullptr) return Error(Errc::bad_input, state.failure);
        return Elements::finish(state, out);
    }
};
struct JsonElements : Elements {
    static void add(State& state, const Row& row) {
        if (full(state)) return;
        msgpack::Writer writer(state.bytes);
        write_json(*row.arguments[0], row.at, writer);
        ++state.count;
    }
};

// Pairs one after the other; keys are sorted, and the last of equal ones wins, at the end.
struct JsonObject {
    struct State {
        Bytes bytes;
        std::size_t count = 0;
        bool null_key = false;
    };
    using Input = Row;
    static void add(State& state, const Row& row) {
        const auto& key = *row.arguments[0];
        if (key.is_null(row.at)) {
            state.null_key = true;
            return;
        }
        if (state.bytes.size() > kTextBytesMax) return;
        msgpack::Writer writer(state.bytes);
        writer.string(value_text(key, row.at));
        write_json(*row.arguments[1], row.at, writer);
        ++state.count;
    }
    static Status finish(const State& state, Column& out) {
        if (state.null_key) return Error(Errc::bad_input, "field name must not be null");
        if (state.count == 0) {
            out.add_null();
            return {};
        }
        Bytes map;
        msgpack::Writer writer(map);
        writer.map(state.count);
        writer.raw(state.bytes);
        auto object = canonical(map);
        if (!object) return std::move(object).error();
        out.add_bytes(*object);
        return {};
    }
    static Status check(const State& state) { return check_size(state.bytes); }
    static std::size_t heap(const State& state) { return state.bytes.capacity(); }
};

}  // namespace

void add_collectors(std::vector<AggregateFunction>& to) {
    for (const DataType type : {TypeId::text, TypeId::bytea}) {
        to.push_back(aggregate<Joined>("string_agg", {type, type}, type));
    }
    to.push_back(aggregate<ListElements>("array_agg", {kElement}, kElements));
    to.push_back(aggregate<InnerLists>("array_agg", {kElements}, kElements));
    for (const auto* name : {"json_agg", "jsonb_agg"}) {
        to.push_back(aggregate<JsonElements>(name, {kAny}, TypeId::json));
    }
    for (const auto* name : {"json_object_agg", "jsonb_object_agg"}) {
        to.push_back(aggregate<JsonObject>(name, {kAny, kAny}, TypeId::json));
    }
}

}  // namespace topgun::sql
