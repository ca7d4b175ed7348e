// SPDX-License-Identifier: Apache-2.0
// One JSON object to ops: a record of ours field by field, anything else through the wire's reader.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "json_cursor.hpp"
#include "text_record.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::storage {

/// What became of an object.
enum class JsonRead : std::uint8_t {
    done,     ///< All its ops went to the sink.
    bad,      ///< Something is wrong with what it says; reading can go on behind it.
    broken,   ///< It is no JSON object; where it ends can only be guessed.
    refused,  ///< The sink returned an error; see take_sink_status().
};

/// Reads objects, keeping memory between them. Threads: one owner.
class JsonRecordReader {
public:
    JsonRecordReader(const TextReadOptions& options, const OpSink& sink, TextCounts& counts)
        : options_(options), sink_(sink), counts_(counts) {}

    /// Reads the object at the cursor, which moves behind it unless the object is broken.
    /// @pre *cursor.at is '{'.
    /// @param end_name  what the cursor's end is, for messages.
    JsonRead read(JsonCursor& cursor, std::string_view end_name);

    /// After `bad` or `broken`.
    const Problem& problem() const noexcept { return problem_; }
    /// After `broken`: how far reading got in vain.
    const char* reached() const noexcept { return reached_; }
    Status take_sink_status() { return std::move(sink_status_); }

private:
    // Fields of a record, in the order of kFieldNames.
    enum Field : std::uint8_t {
        kMap,
        kKind,
        kKey,
        kValue,
        kStamp,
        kTtl,
        kDeleted,
        kTag,
        kRemovedTag,
        kNode,
        kPositive,
        kNegative,
        kId,
        kFields
    };
    struct Text {
        std::string_view view;
        Bytes storage;
    };

    bool scan(JsonCursor& cursor);
    bool member(JsonCursor& cursor);
    bool name(JsonCursor& cursor, std::string_view& out);
    bool is_wire() const noexcept;
    JsonRead read_record();
    JsonRead read_wire();
    JsonRead give(const Op& op);

    bool gather(TextRecord& record);
    bool read_kind(TextRecord& record);
    bool read_text(Field field, Text& text);
    bool read_stamp(TextRecord& record);
    bool read_ttl(TextRecord& record);
    bool read_deleted(TextRecord& record);
    bool read_counts(TextRecord& record);
    bool read_count(Field field, double& count);
    bool refuse_fields(std::initializer_list<Field> fields, std::string_view why);
    bool parse(BytesView raw, Bytes& value);
    bool fail(const char* at, std::string what);
    bool has(Field field) const noexcept { return raw_[field].data() != nullptr; }

    const TextReadOptions& options_;
    const OpSink& sink_;
    TextCounts& counts_;
    Problem problem_;
    Status sink_status_;

    TextLimit limit_;
    const char* reached_ = nullptr;
    BytesView object_;                    // the object's text
    std::array<BytesView, kFields> raw_;  // the fields' text; null when absent
    std::uint8_t wire_ = 0;               // names of messages and of the wire's ops that were met
    std::string_view unknown_;            // the first name that is not a record's
    const char* unknown_at_ = nullptr;
    const char* twice_at_ = nullptr;  // a record's field that was there before
    Field twice_ = kMap;
    BytesView type_;  // the text of a message's type
    Bytes name_;      // of names with escapes
    Bytes unknown_storage_;
    Text map_, key_, tag_, id_, stamp_text_, word_;
    Bytes value_, scratch_;
    std::string tag_text_;
    wire::OpBatch batch_;
};

}  // namespace topgun::storage
