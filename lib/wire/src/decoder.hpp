// SPDX-License-Identifier: Apache-2.0
// Reads described structs out of MessagePack, tolerantly, and says exactly what it could not read.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "describe.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::wire::detail {

/// One step on the way to a field; steps live on the stack of the reading functions.
struct Step {
    enum class Kind : std::uint8_t { name, key, index };
    const Step* parent = nullptr;
    Kind kind = Kind::name;
    std::string_view text{};  // name: from a table; key: from the input
    std::size_t index = 0;
};

/// "payload.ops[3].record"; keys from the input are quoted and cut.
std::string path_text(const Step* step);

class Decoder {
public:
    /// @pre check_frame() found nothing wrong with `input`.
    /// @param held  keeps what views cannot find in the input; null when nothing with views is
    /// read.
    explicit Decoder(BytesView input, std::deque<Bytes>* held = nullptr)
        : input_(input), reader_(input), held_(held) {}

    /// Goes to a byte of the input.
    void seek(std::size_t offset) { reader_ = msgpack::Reader(input_.substr(offset), offset); }
    bool next_is_nil() const;
    msgpack::Reader& reader() noexcept { return reader_; }

    /// Reads a value of any described type. False when it cannot: see take_error().
    bool value(const Type& type, void* object, const Step* at);
    /// Reads the pairs of a map whose header was read already. `ignored` is a name that stands for
    /// no field although it may be present.
    bool fields(const Type& type, void* object, std::uint32_t pairs, std::size_t map_at,
                const Step* at, std::string_view ignored = {});
    /// Records that a required field is not there. Returns false.
    bool missing(std::size_t map_at, const Step& field);

    Error take_error();

private:
    bool field_value(const Field& field, void* object, const Step* at);
    bool text(std::string& out, const Step* at);
    bool text_view(std::string_view& out, const Step* at);
    bool value_view(ValueView& out, const Step* at);
    bool key(std::string& out, const Step* at);
    bool raw(Bytes& out, std::optional<msgpack::Kind> kind, std::string_view expected,
             const Step* at);
    bool binary(Bytes& out, const Step* at);
    bool index_map(Bytes& out, const Step* at);
    bool byte_array(Bytes& out, const Step* at);
    bool word(const Type& type, void* object, const Step* at);
    bool list(const Type& inner, const ListAccess& access, void* object, const Step* at);
    bool text_map(const Type& type, void* object, const Step* at);
    bool sort(std::vector<SortField>& out, const Step* at);
    bool sort_object(std::vector<SortField>& out, const Step* at);
    bool counter(CounterState& out, const Step* at);

    std::size_t offset() const { return static_cast<std::size_t>(reader_.offset()); }
    bool reader_failed(const Step* at, std::string_view expected);
    bool fail(std::size_t offset, const Step* at, std::string_view what);

    BytesView input_;
    msgpack::Reader reader_;
    std::deque<Bytes>* held_;
    Bytes scratch_;
    std::optional<Error> error_;
};

/// Sets an object to what it is when nothing was read.
void reset(const Type& type, void* object);

/// Where the parts of a frame stand that decide how it is read.
struct FrameScan {
    std::optional<std::string_view> type;       // the last `type`, when it is a string
    std::optional<std::size_t> type_at;         // its value, of whatever kind
    std::optional<std::size_t> payload, event;  // values of the last ones
};

/// Checks structure, depth, extensions and trailing bytes of one frame, and that it is a map.
Status check_frame(BytesView frame, FrameScan& scan);

/// When `frame` is not `canonical`, the error that says where they part.
Status require_canonical(BytesView frame, BytesView canonical);

}  // namespace topgun::wire::detail
