// SPDX-License-Identifier: Apache-2.0
// NDJSON and JSON differ in one thing that matters: where reading goes on behind damage. In NDJSON
// that is the next line, in JSON the next thing that is indented as records are.
#include <algorithm>

#include "json_record.hpp"
#include "json_resume.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/value/json.hpp"

namespace topgun {

using namespace storage;

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Objects that do not end can make a reader look through the rest of the text again and again.
// Beyond this many times the text's size a line that looks like the next record ends an object.
constexpr std::uint64_t kSearchEffort = 16;
constexpr std::uint64_t kFreeSearch = std::uint64_t{1} << 20;

// Arrays of arrays of messages are legal in captures; nobody needs many levels of them.
constexpr unsigned kMaxOpenArrays = 8;

class JsonText {
public:
    JsonText(BytesView text, const TextReadOptions& options, const OpSink& sink, TextCounts& counts,
             std::vector<TextDamage>& damage)
        : text_(text),
          counts_(counts),
          notes_(text, options.keep_going, counts, damage),
          resume_(text),
          reader_(options, sink, counts) {}

    Status run() {
        const char* at = text_.data();
        const char* const end = at + text_.size();
        if (!is_by_line()) {
            auto status = sequence({at, end}, false);
            const auto breaks = std::count(text_.begin(), text_.end(), '\n');
            counts_.lines += static_cast<std::uint64_t>(breaks) +
                             (!text_.empty() && text_.back() != '\n' ? 1 : 0);
            return status;
        }
        while (at != end) {
            const char* const stop = line_end(at, end);
            ++counts_.lines;
            TOPGUN_TRY(sequence({at, stop}, true));
            at = stop == end ? end : stop + 1;
        }
        return {};
    }

private:
    // A record a line, or records over several lines? The first line that is not blank tells: does
    // the value that begins there end there? If it does not, it may be a damaged line of NDJSON;
    // then the next line begins with a bracket, as inside a JSON object no line should.
    bool is_by_line() const {
        JsonCursor cursor{text_.data(), text_.data() + text_.size()};
        cursor.skip_space();
        if (cursor.at_end()) return true;
        const char first = *cursor.at;
        JsonCursor line{cursor.at, line_end(cursor.at, cursor.end)};
        const char* const stop = line.end;
        if (line.skip_value()) {
            line.skip_space();
            if (line.at_end()) return true;
        }
        if (first == '[') return false;
        JsonCursor next{stop, cursor.end};
        next.skip_space();
        if (first != '{') return true;
        return next.at_end() || *next.at == '{';
    }

    // Reads values: in a line exactly one, else as many as there are, with only space between them.
    Status sequence(JsonCursor cursor, bool one) {
        const std::string_view end_name = one ? "the end of the line" : "the end of the text";
        unsigned open = 0;        // arrays around the cursor
        bool wants_value = true;  // else a comma or the array's end
        bool may_close = false;   // right behind '['
        for (;;) {
            cursor.skip_space();
            if (cursor.at_end() && open == 0) return {};
            const char* const start = cursor.at;
            const char c = cursor.at_end() ? '\0' : *start;
            if (wants_value && c == '{') {
                const auto read = read_object(cursor, end_name);
                if (read == JsonRead::refused) return reader_.take_sink_status();
                if (read != JsonRead::done) TOPGUN_TRY(notes_.note(reader_.problem()));
                wants_value = open == 0 && !one;
                may_close = false;
                if (read != JsonRead::broken) continue;
                if (one || !resume(start, true, cursor, wants_value)) return {};
            } else if (wants_value && c == '[' && open < kMaxOpenArrays) {
                ++open;
                ++cursor.at;
                may_close = true;
            } else if (open > 0 && c == ']' && (!wants_value || may_close)) {
                --open;
                ++cursor.at;
                wants_value = open == 0 && !one;
                may_close = false;
            } else if (open > 0 && c == ',' && !wants_value) {
                ++cursor.at;
                wants_value = true;
            } else {
                auto what = unexpected(start, {cursor.end, end_name}, open, wants_value);
                TOPGUN_TRY(notes_.note({start, std::move(what), Errc::bad_input}));
                if (one || !resume(start, false, cursor, wants_value)) return {};
                may_close = false;
            }
        }
    }

    JsonRead read_object(JsonCursor& cursor, std::string_view end_name) {
        auto bounded = cursor;
        if (effort_ / kSearchEffort > text_.size() + kFreeSearch) {
            if (const char* const alike = resume_.next_alike(cursor.at)) bounded.end = alike;
        }
        const auto read = reader_.read(bounded, end_name);
        if (read == JsonRead::broken) {
            effort_ += static_cast<std::uint64_t>(reader_.reached() - cursor.at);
        }
        cursor.at = bounded.at;
        return read;
    }

    // Goes on behind damage: where a broken object ends by its brackets, unless a line that looks
    // like the next record comes first; else at that line.
    bool resume(const char* start, bool object, JsonCursor& cursor, bool& wants_value) {
        const char* const alike = resume_.next_alike(start);
        JsonCursor whole{start, alike != nullptr ? alike : cursor.end};
        if (object && whole.skip_value()) {
            cursor.at = whole.at;
            return true;
        }
        if (alike == nullptr) return false;
        cursor.at = alike;
        wants_value = true;
        return true;
    }

    static std::string unexpected(const char* at, const TextLimit& limit, unsigned open,
                                  bool wants_value) {
        if (!wants_value && open == 0) return "unexpected text after the record";
        if (wants_value && open == kMaxOpenArrays && at != limit.at && *at == '[') {
            return "more than " + std::to_string(kMaxOpenArrays) + " arrays inside each other";
        }
        return expected_found(wants_value ? "a record, an object" : "',' or ']'", at, limit);
    }

    BytesView text_;
    TextCounts& counts_;
    DamageNotes notes_;
    JsonResume resume_;
    JsonRecordReader reader_;
    std::uint64_t effort_ = 0;  // bytes looked through in vain
};

void append_field(std::string_view name, std::string& out) {
    out += ",\"";
    out += name;
    out += "\":";
}

void append_stamp(const Stamp& stamp, std::string& out) {
    append_field("ts", out);
    if (!has_text_form(stamp)) return append_stamp_object(stamp, out);
    append_json_string(format_stamp(stamp), out);
}

void append_count(double count, std::string& out) {
    Bytes entry;
    encode_counter_entry(count, 0, entry);
    // [count, 0]: one byte of header before, one byte of zero behind.
    append_json(BytesView(entry).substr(1, entry.size() - 2), out);
}

void append_counter(const Op& op, std::string& out) {
    double positive = 0, negative = 0;
    TOPGUN_ASSERT(decode_counter_entry(op.value, positive, negative),
                  "a counter's op holds two counts");
    append_field("node", out);
    append_json_string(op.key, out);
    append_field("p", out);
    append_count(positive, out);
    append_field("n", out);
    append_count(negative, out);
}

void append_record(const Op& op, std::string& out) {
    if (op.kind == OpKind::or_add && op.tag != format_stamp(op.stamp)) {
        append_field("tag", out);
        append_json_string(op.tag, out);
    }
    if (op.kind == OpKind::remove) {
        append_field("deleted", out);
        out += "true";
    } else {
        append_field("value", out);
        append_json(op.value, out);
    }
    append_stamp(op.stamp, out);
    if (op.kind != OpKind::remove && op.ttl_ms != kNoTtl) {
        append_field("ttlMs", out);
        out += std::to_string(op.ttl_ms);
    }
}

}  // namespace

Status read_json_records(BytesView text, const TextReadOptions& options, const OpSink& sink,
                         TextCounts& counts, std::vector<TextDamage>& damage) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    return JsonText(text, options, sink, counts, damage).run();
}

void append_ndjson(const Op& op, std::string& out) {
    out += "{\"map\":";
    append_json_string(op.map, out);
    append_field("kind", out);
    append_json_string(map_kind_name(map_kind_of(op.kind)), out);
    const bool keyed = op.kind != OpKind::or_remove || !op.key.empty();
    if (op.kind != OpKind::counter && keyed) {
        append_field("key", out);
        append_json_string(op.key, out);
    }
    switch (op.kind) {
        case OpKind::put:
        case OpKind::remove:
        case OpKind::or_add: append_record(op, out); break;
        case OpKind::or_remove:
            append_field("removedTag", out);
            append_json_string(op.tag, out);
            if (!(op.stamp == Stamp{})) append_stamp(op.stamp, out);
            break;
        case OpKind::counter: append_counter(op, out); break;
    }
    if (!op.id.empty()) {
        append_field("id", out);
        append_json_string(op.id, out);
    }
    out += "}\n";
}

}  // namespace topgun
