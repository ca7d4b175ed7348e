// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/order.hpp"

#include <algorithm>
#include <cmath>

namespace topgun::query {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

namespace {

int sign_of(std::strong_ordering order) noexcept {
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int compare_bytes(BytesView a, BytesView b) noexcept {
    return sign_of(a <=> b);
}

__extension__ using Wide = __int128;

Wide wide(const Token& token) noexcept {
    return token.negative ? Wide{token.as_signed()} : Wide{token.bits};
}

int compare_reals(double a, double b) noexcept {
    const bool a_is_number = !std::isnan(a);
    const bool b_is_number = !std::isnan(b);
    if (!a_is_number || !b_is_number) return int{b_is_number} - int{a_is_number};
    return a < b ? -1 : a > b ? 1 : 0;
}

int compare_mixed(Wide whole, double real) noexcept {
    if (std::isnan(real) || real >= 0x1p64) return -1;
    if (real < -0x1p63) return 1;
    const auto floor = std::floor(real);
    const auto other = static_cast<Wide>(floor);
    if (whole != other) return whole < other ? -1 : 1;
    return floor < real ? -1 : 0;
}

int rank(Kind kind) noexcept {
    switch (kind) {
        case Kind::nil: return 0;
        case Kind::boolean: return 1;
        case Kind::integer:
        case Kind::real: return 2;
        case Kind::string: return 3;
        case Kind::binary: return 4;
        case Kind::array: return 5;
        case Kind::map: return 6;
        case Kind::extension: return 7;
    }
    return 8;
}

// TG-QRY-001. Compares the next values of two readers. Both are behind them when the result is
// zero. The depth of recursion is that of canonical values, which is bounded.
int compare_next(Reader& a, Reader& b) noexcept {
    Token left, right;
    const bool has_left = a.next(left);
    const bool has_right = b.next(right);
    if (!has_left || !has_right) return int{has_left} - int{has_right};
    const int ranks = rank(left.kind) - rank(right.kind);
    if (ranks != 0) return ranks;
    switch (left.kind) {
        case Kind::nil: return 0;
        case Kind::boolean: return int{left.boolean} - int{right.boolean};
        case Kind::integer:
        case Kind::real: return compare_numbers(left, right);
        case Kind::string:
        case Kind::binary: return compare_bytes(left.bytes, right.bytes);
        case Kind::extension:
            if (left.extension_type != right.extension_type) {
                return left.extension_type < right.extension_type ? -1 : 1;
            }
            return compare_bytes(left.bytes, right.bytes);
        case Kind::array:
        case Kind::map: break;
    }
    const std::uint64_t each = left.kind == Kind::map ? 2 : 1;
    const auto common = each * std::min(left.count, right.count);
    for (std::uint64_t i = 0; i < common; ++i) {
        const int order = compare_next(a, b);
        if (order != 0 || a.fault() != msgpack::Fault::none) return order;
    }
    return left.count < right.count ? -1 : left.count > right.count ? 1 : 0;
}

}  // namespace

std::optional<ValueView> find_field(const Record& record, std::string_view name, Bytes& scratch) {
    const bool is_map = record.value.kind() == Kind::map;
    if (is_map) {
        if (const auto own = record.value.find(name)) return own;
    } else if (name == "_value") {
        return record.value;
    }
    const bool is_key = name == "_key";
    if (!is_key && (name != "_tag" || record.tag.empty())) return std::nullopt;
    scratch.clear();
    msgpack::Writer(scratch).string(is_key ? record.key : record.tag);
    return ValueView(scratch);
}

int compare_numbers(const Token& a, const Token& b) noexcept {
    const bool a_is_whole = a.kind == Kind::integer;
    const bool b_is_whole = b.kind == Kind::integer;
    if (!a_is_whole && !b_is_whole) return compare_reals(a.real, b.real);
    if (!a_is_whole) return -compare_mixed(wide(b), a.real);
    if (!b_is_whole) return compare_mixed(wide(a), b.real);
    const auto left = wide(a);
    const auto right = wide(b);
    return left < right ? -1 : left > right ? 1 : 0;
}

int compare_values(ValueView a, ValueView b) noexcept {
    Reader left(a.bytes());
    Reader right(b.bytes());
    return compare_next(left, right);
}

void RowOrder::position_of(const Record& record, Bytes& out) const {
    out.clear();
    msgpack::Writer writer(out);
    Bytes scratch;
    for (const auto& field : fields_) {
        const auto value = find_field(record, field.field, scratch);
        writer.raw(value ? value->bytes() : ValueView().bytes());
    }
    writer.string(record.key);
    writer.string(record.tag);
}

int RowOrder::compare(BytesView a, BytesView b) const noexcept {
    Reader left(a);
    Reader right(b);
    for (const auto& field : fields_) {
        const bool left_is_nil = left.next_is_nil();
        const bool right_is_nil = right.next_is_nil();
        const int order = compare_next(left, right);
        if (order == 0) continue;
        if (left_is_nil || right_is_nil) {
            return left_is_nil == (nulls_ == NullPlacement::first) ? -1 : 1;
        }
        return field.descending ? -order : order;
    }
    const int keys = compare_next(left, right);
    return keys != 0 ? keys : compare_next(left, right);
}

bool RowOrder::is_position(BytesView bytes) const {
    Reader reader(bytes);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (!reader.skip()) return false;
    }
    std::string_view text;
    return reader.read_string(text) && reader.read_string(text) && reader.at_end();
}

std::string_view RowOrder::key_of(BytesView position) const noexcept {
    Reader reader(position);
    for (std::size_t i = 0; i < fields_.size(); ++i) static_cast<void>(reader.skip());
    std::string_view key;
    static_cast<void>(reader.read_string(key));
    return key;
}

std::string_view RowOrder::tag_of(BytesView position) const noexcept {
    const auto key = key_of(position);
    Reader reader(
        position.substr(static_cast<std::size_t>(key.data() - position.data()) + key.size()));
    std::string_view tag;
    static_cast<void>(reader.read_string(tag));
    return tag;
}

}  // namespace topgun::query
