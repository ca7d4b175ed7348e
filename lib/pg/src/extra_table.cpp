// SPDX-License-Identifier: Apache-2.0
#include "extra_table.hpp"

#include "row_form.hpp"
#include "topgun/maptable/extra_row.hpp"

namespace topgun::pg {
namespace {

constexpr std::size_t kMaxName = 63;
constexpr std::string_view kSuffix = maptable::kExtraSuffix;

Error malformed() {
    return Error(Errc::bad_input, "what is kept beside the row cannot be read");
}

class PackedReader {
public:
    explicit PackedReader(BytesView bytes) : rest_(bytes) {}
    bool at_end() const { return rest_.empty(); }

    Result<std::int64_t> number() {
        auto bytes = take(8);
        return bytes ? read_int8(*bytes) : Result<std::int64_t>(std::move(bytes).error());
    }
    /// Empty when its length says so.
    Result<std::optional<BytesView>> sized() {
        auto size = number();
        if (!size) return std::move(size).error();
        if (*size < 0) return std::optional<BytesView>();
        auto bytes = take(static_cast<std::uint64_t>(*size));
        if (!bytes) return std::move(bytes).error();
        return std::optional<BytesView>(*bytes);
    }

private:
    Result<BytesView> take(std::uint64_t size) {
        if (size > rest_.size()) return malformed();
        const auto out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }

    BytesView rest_;
};

Result<std::uint64_t> natural(PackedReader& reader, std::uint64_t most) {
    auto value = reader.number();
    if (!value) return std::move(value).error();
    if (*value < 0 || static_cast<std::uint64_t>(*value) > most) return malformed();
    return static_cast<std::uint64_t>(*value);
}

Result<maptable::Fact> decode_fact(PackedReader& reader) {
    maptable::Fact fact;
    auto removed = natural(reader, 1);
    if (!removed) return std::move(removed).error();
    fact.removed = *removed != 0;
    auto tag = reader.sized();
    if (!tag) return std::move(tag).error();
    fact.tag = tag->value_or(BytesView());
    auto millis = natural(reader, kMaxMillis);
    if (!millis) return std::move(millis).error();
    auto counter = natural(reader, kMaxCounter);
    if (!counter) return std::move(counter).error();
    auto node = reader.sized();
    if (!node) return std::move(node).error();
    fact.stamp = {*millis, static_cast<std::uint32_t>(*counter),
                  std::string(node->value_or(BytesView()))};
    auto ttl = reader.number();
    if (!ttl) return std::move(ttl).error();
    if (*ttl >= 0) fact.ttl_ms = static_cast<std::uint64_t>(*ttl);
    auto value = reader.sized();
    if (!value) return std::move(value).error();
    if (*value) fact.value.emplace(**value);
    return fact;
}

}  // namespace

const std::string_view kPackedFacts = R"(string_agg(
    int8send((e.kind = 'removed')::int::int8)
    || int8send(octet_length(convert_to(e.tag, 'UTF8'))) || convert_to(e.tag, 'UTF8')
    || int8send(coalesce(e.millis, 0)) || int8send(coalesce(e.counter, 0))
    || int8send(octet_length(convert_to(coalesce(e.node, ''), 'UTF8')))
    || convert_to(coalesce(e.node, ''), 'UTF8')
    || int8send(coalesce(e.ttl_ms, -1))
    || int8send(coalesce(octet_length(e.value), -1)) || coalesce(e.value, ''::bytea), ''::bytea))";

Result<std::string> extra_name(const MapTable& table) {
    auto name = table.name + std::string(kSuffix);
    if (name.size() <= kMaxName) return name;
    return Error(Errc::usage, "table " + table.shown() + ": the name is too long for a table \"" +
                                  name + "\" beside it");
}

std::string quoted_extra(const MapTable& table) {
    return quoted_name(table.schema) + "." + quoted_name(table.name + std::string(kSuffix));
}

std::string create_extra(const MapTable& table) {
    const auto name = quoted_extra(table);
    return create_in_turn(
        name,
        "CREATE TABLE IF NOT EXISTS " + name +
            " (map_name text NOT NULL, key text NOT NULL,"
            " kind text NOT NULL CHECK (kind IN ('removed', 'record', 'tag', 'counter')),"
            " tag text NOT NULL DEFAULT '', millis int8, counter int8, node text, ttl_ms int8,"
            " value bytea, PRIMARY KEY (map_name, key, kind, tag))");
}

Result<bool> has_extra(Connection& connection, const MapTable& table) {
    auto rows = connection.query("SELECT to_regclass($1)", {Parameter(quoted_extra(table))});
    if (!rows) return std::move(rows).error();
    return rows->size() == 1 && rows->text(0, 0).has_value();
}

void put_extra(CopyIn& copy, std::string_view map, std::string_view key, std::string_view kind,
               const maptable::Fact& fact) {
    copy.text(map);
    copy.text(key);
    copy.text(kind);
    copy.text(fact.tag);
    copy.int8(static_cast<std::int64_t>(fact.stamp.millis));
    copy.int8(fact.stamp.counter);
    copy.text(fact.stamp.node_id);
    if (fact.ttl_ms == kNoTtl) {
        copy.null();
    } else {
        copy.int8(static_cast<std::int64_t>(fact.ttl_ms));
    }
    if (fact.value) {
        copy.bytes(*fact.value);
    } else {
        copy.null();
    }
}

Status decode_facts(BytesView packed, std::vector<maptable::Fact>& facts) {
    PackedReader reader(packed);
    while (!reader.at_end()) {
        auto fact = decode_fact(reader);
        if (!fact) return std::move(fact).error();
        facts.push_back(std::move(*fact));
    }
    return {};
}

}  // namespace topgun::pg
