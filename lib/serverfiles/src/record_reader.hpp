// SPDX-License-Identifier: Apache-2.0
// Reads what rmp-serde wrote of the server's structs and enums, in all forms that it reads itself.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::serverfiles {

/// Each function reads one thing and returns false on a fault, after which error() says what.
class RecordReader {
public:
    using Names = std::span<const std::string_view>;

    explicit RecordReader(msgpack::Reader in) : in_(in) {}

    /// Values of entries are not canonical yet.
    bool record(StoredRecord& out);
    bool or_entry(StoredRecord::Entry& entry);
    /// Appends a value without the names of its kinds.
    bool value(Bytes& out) { return value(out, 0); }
    bool stamp(Timestamp& out);
    bool text(std::string& out);
    bool tags(std::vector<std::string>& out);

    /// An enum's variant with content: a map of one pair, whose key is a name or a number.
    bool pair(Names names, std::size_t& variant);
    /// A name or a number.
    bool name(Names names, std::size_t& variant);
    /// Calls field(i) for each of a struct's fields that is there: a map from names, in any order
    /// and with others in between, or an array. The first `required` ones must be there.
    template <typename Field>
    bool fields(Names names, std::size_t required, Field&& field);

    msgpack::Reader& in() noexcept { return in_; }
    bool fail(std::string expected);
    Error error() const { return in_.error(expected_); }

private:
    bool lww(StoredRecord& out);
    bool or_map(StoredRecord& out);
    bool value(Bytes& out, std::size_t depth);
    bool content(std::size_t variant, Bytes& out, std::size_t depth);
    bool integer(msgpack::Writer& writer);
    bool binary(msgpack::Writer& writer);
    bool array(Bytes& out, std::size_t depth);
    bool map(Bytes& out, std::size_t depth);

    msgpack::Reader in_;
    Bytes scratch_;
    std::string expected_;
};

/// Brings an entry's value into its one form.
Status make_canonical(StoredRecord::Entry& entry);

template <typename Field>
bool RecordReader::fields(Names names, std::size_t required, Field&& field) {
    if (in_.at_end()) return in_.fail(msgpack::Fault::truncated);
    std::uint32_t count = 0;
    if (in_.peek() == msgpack::Kind::array) {
        if (!in_.read_array(count)) return false;
        if (count < required || count > names.size()) return fail("another number of fields");
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!field(i)) return false;
        }
        return true;
    }
    if (!in_.read_map(count)) return false;
    unsigned seen = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string_view word;
        if (!in_.read_string(word)) return false;
        std::size_t at = 0;
        while (at < names.size() && names[at] != word) ++at;
        if (at == names.size()) {
            if (!in_.skip()) return false;
            continue;
        }
        if ((seen >> at & 1) != 0) return fail("each field once");
        seen |= 1U << at;
        if (!field(at)) return false;
    }
    for (std::size_t at = 0; at < required; ++at) {
        if ((seen >> at & 1) == 0) return fail("the field " + std::string(names[at]));
    }
    return true;
}

}  // namespace topgun::serverfiles
