// SPDX-License-Identifier: Apache-2.0
#include "search_map.hpp"

#include <algorithm>

namespace topgun::sync {
namespace {

// A node in each of two trees.
constexpr std::size_t kWatchBytes = 200;

// What a map costs before anything is in it, by and large.
constexpr std::size_t kMapBytes = 2048;

void add_row(const Row& row, std::uint64_t now_ms, SearchDocument& document) {
    if (row.removed || row.value.empty()) return;
    if (is_expired(row.stamp.millis, row.ttl_ms, now_ms)) return;
    document.values.emplace_back(row.value);
    if (row.ttl_ms == kNoTtl || row.ttl_ms == 0) return;
    // Expired strictly past the sum; a sum that does not fit is never reached.
    const auto last = row.stamp.millis + row.ttl_ms;
    if (last < row.ttl_ms || last + 1 == 0) return;
    if (document.changes_at == 0 || last + 1 < document.changes_at) document.changes_at = last + 1;
}

}  // namespace

Bytes SearchDocument::shown() const {
    if (values.size() == 1) return values.front();
    Bytes out;
    msgpack::Writer writer(out);
    writer.array(values.size());
    for (const auto& value : values) writer.raw(value);
    return out;
}

std::optional<SearchDocument> read_document(const SharedReplica& shared, const std::string& map,
                                            std::string_view key, std::uint64_t now_ms) {
    SearchDocument out;
    for (const auto kind : {MapKind::lww, MapKind::or_map}) {
        const auto read =
            find_rows(shared, {map, kind}, key, [&](const MapId&, const Row& row) -> Status {
                add_row(row, now_ms, out);
                return {};
            });
        TOPGUN_ASSERT(read, "only the visitor could have failed");
    }
    if (out.values.empty()) return std::nullopt;
    return out;
}

Status for_each_document(
    const SharedReplica& shared, const std::string& map, std::uint64_t now_ms,
    const std::function<void(std::string_view key, const SearchDocument& document)>& visit) {
    const MapId lww{map, MapKind::lww}, or_map{map, MapKind::or_map};
    const auto state = read_live(shared, {lww, or_map});
    const bool both = state->has(lww) && state->has(or_map);
    for (const auto& id : state->maps()) {
        auto rows = state->rows(id);
        if (!rows) return std::move(rows).error();
        SearchDocument document;
        std::string key;
        bool begun = false;
        const auto finish = [&] {
            if (!begun) return;
            // Under both kinds of map the key is one document.
            if (both) document = read_document(shared, map, key, now_ms).value_or(SearchDocument{});
            if (!document.values.empty()) visit(key, document);
            document = {};
        };
        TOPGUN_TRY(for_each_row(**rows, [&](const Row& row) {
            if (row.removed) return;
            if (!begun || row.key != key) {
                finish();
                key = row.key;
                begun = true;
            }
            add_row(row, now_ms, document);
        }));
        finish();
    }
    return {};
}

Result<search::TextIndex*> SearchMap::text(std::uint64_t now_ms) {
    if (text_) return &*text_;
    auto index = search::TextIndex::create({settings_.words});
    if (!index) return std::move(index).error();
    text_ = std::move(index).value();
    const auto built =
        for_each_document(shared_, name_, now_ms, [&](auto key, const SearchDocument& document) {
            set_text(key, document);
            watch(key, document.changes_at);
        });
    if (!built) {
        text_.reset();
        return built.error().clone();
    }
    return &*text_;
}

void SearchMap::set_text(std::string_view key, const SearchDocument& document) {
    std::vector<search::FieldText> texts;
    for (const auto& value : document.values) search::append_texts(ValueView(value), texts);
    text_->set(key, texts);
}

void SearchMap::watch(std::string_view key, std::uint64_t changes_at) {
    const auto found = changes_at_.find(key);
    if (found != changes_at_.end()) {
        changes_.erase({found->second, found->first});
        changes_at_.erase(found);
    }
    if (changes_at == 0) return;
    changes_at_.emplace(key, changes_at);
    changes_.emplace(changes_at, key);
}

void SearchMap::refresh(std::string_view key, std::uint64_t now_ms) {
    if (!text_) return;
    const auto now = document(key, now_ms);
    watch(key, now ? now->changes_at : 0);
    if (now)
        set_text(key, *now);
    else
        text_->remove(key);
}

std::vector<std::string> SearchMap::due(std::uint64_t now_ms) {
    std::vector<std::string> out;
    while (!changes_.empty() && changes_.begin()->first <= now_ms) {
        auto first = changes_.extract(changes_.begin());
        changes_at_.erase(first.value().second);
        out.push_back(std::move(first.value().second));
    }
    return out;
}

std::size_t SearchMap::bytes() const noexcept {
    return kMapBytes + (text_ ? text_->bytes() : 0) + changes_.size() * kWatchBytes;
}

}  // namespace topgun::sync
