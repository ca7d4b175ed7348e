// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/window.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "plan.hpp"

namespace topgun::query {

using wire::ChangeType;

namespace {

struct Entry {
    std::string key;
    Bytes position;
    Bytes value;  // projected; empty without a limit
    bool visible = false;
};

using EntryOwner = std::unique_ptr<Entry>;

}  // namespace

class QueryWindow::State {
public:
    State(MapId map, Query query, WindowSource source, QueryOptions options, Plan plan)
        : map_(std::move(map)),
          query_(std::move(query)),
          source_(std::move(source)),
          options_(std::move(options)),
          plan_(std::move(plan)),
          fields_(sorted_fields(query_)) {
        query_.fields.reset();  // the sort key may need what the watcher does not want
    }

    Result<std::vector<ResultRow>> reset(std::uint64_t now_ms);
    Result<std::vector<WindowChange>> apply(std::string_view key, BytesView value,
                                            std::uint64_t now_ms);
    std::size_t size() const noexcept {
        return query_.limit ? std::min<std::size_t>(order_.size(), *query_.limit) : by_key_.size();
    }
    bool has(std::string_view key) const {
        const auto at = by_key_.find(key);
        return at != by_key_.end() && at->second->visible;
    }

private:
    using Order = std::vector<Entry*>;

    std::size_t capacity() const noexcept { return std::size_t{*query_.limit} + kReserve; }
    Bytes projected(ValueView value) const {
        return fields_ ? project(value, *fields_) : Bytes(value.bytes());
    }
    Order::iterator place_of(BytesView position) {
        return std::lower_bound(order_.begin(), order_.end(), position,
                                [this](const Entry* entry, BytesView wanted) {
                                    return plan_.order.compare(entry->position, wanted) < 0;
                                });
    }

    void erase(Entry& entry);
    Entry& insert(EntryOwner entry);
    // Whether a matching row belongs among the known ones.
    bool is_known_place(BytesView position) const;
    Status refill(std::uint64_t now_ms);
    Status take_page(const Query& query);
    std::vector<WindowChange> apply_unlimited(const Record& record, bool matches);
    Result<std::vector<WindowChange>> apply_limited(const Record& record, bool matches,
                                                    std::uint64_t now_ms);
    void show(const Entry* changed, std::vector<WindowChange>& changes);
    void trim();

    MapId map_;
    Query query_;
    WindowSource source_;
    QueryOptions options_;
    Plan plan_;
    std::optional<std::vector<std::string>> fields_;

    std::unordered_map<std::string_view, EntryOwner> by_key_;  // keys view their entries
    Order order_;                                              // with a limit: all entries in order
    bool complete_ = false;                                    // no row matches that is not known
    bool stale_ = true;
};

void QueryWindow::State::erase(Entry& entry) {
    if (query_.limit) order_.erase(place_of(entry.position));
    by_key_.erase(by_key_.find(entry.key));  // not by its key, which goes with it
}

Entry& QueryWindow::State::insert(EntryOwner entry) {
    auto& stays = *entry;
    if (query_.limit) order_.insert(place_of(stays.position), &stays);
    by_key_.emplace(stays.key, std::move(entry));
    return stays;
}

bool QueryWindow::State::is_known_place(BytesView position) const {
    if (complete_) return true;
    return !order_.empty() && plan_.order.compare(position, order_.back()->position) < 0;
}

Status QueryWindow::State::take_page(const Query& query) {
    auto page = source_(query);
    if (!page) return std::move(page).error();
    for (auto& row : page->rows) {
        // A source that runs ahead of the changes may give a row that is known already.
        if (by_key_.count(row.key) != 0) continue;
        auto entry = std::make_unique<Entry>();
        entry->key = std::move(row.key);
        if (query_.limit) {
            const ValueView value(row.value);
            plan_.order.position_of(Record{entry->key, value, {}}, entry->position);
            entry->value = projected(value);
        }
        insert(std::move(entry));
    }
    complete_ = !page->has_more;
    return {};
}

Status QueryWindow::State::refill(std::uint64_t now_ms) {
    auto query = query_;
    query.limit = static_cast<std::uint32_t>(capacity() - order_.size());
    if (!order_.empty()) {
        query.cursor = make_cursor(cursor_binding(map_, query_, options_.nulls),
                                   order_.back()->position, now_ms, signer_of(options_));
    }
    return take_page(query);
}

Result<std::vector<ResultRow>> QueryWindow::State::reset(std::uint64_t now_ms) {
    order_.clear();
    by_key_.clear();
    complete_ = false;
    stale_ = true;
    std::vector<ResultRow> rows;
    if (query_.limit) {
        if (*query_.limit != 0) TOPGUN_TRY(refill(now_ms));
        std::vector<WindowChange> shown;
        show(nullptr, shown);
        for (auto& change : shown) rows.push_back({std::move(change.key), {}, change.value});
    } else {
        auto page = source_(query_);
        if (!page) return std::move(page).error();
        for (auto& row : page->rows) {
            auto entry = std::make_unique<Entry>();
            entry->key = row.key;
            entry->visible = true;
            insert(std::move(entry));
            rows.push_back({std::move(row.key), {}, projected(ValueView(row.value))});
        }
    }
    stale_ = false;
    return rows;
}

std::vector<WindowChange> QueryWindow::State::apply_unlimited(const Record& record, bool matches) {
    const auto known = by_key_.find(record.key);
    if (known != by_key_.end()) {
        if (matches)
            return {{ChangeType::update, std::string(record.key), projected(record.value)}};
        by_key_.erase(known);
        return {{ChangeType::leave, std::string(record.key), {}}};
    }
    if (!matches) return {};
    auto entry = std::make_unique<Entry>();
    entry->key = std::string(record.key);
    entry->visible = true;
    insert(std::move(entry));
    return {{ChangeType::enter, std::string(record.key), projected(record.value)}};
}

// TG-QRY-003. Brings `visible` in line with the order and reports what differs. Only rows beside
// the edge of the window, the changed one and those that the source gave can differ.
void QueryWindow::State::show(const Entry* changed, std::vector<WindowChange>& changes) {
    const std::size_t limit = *query_.limit;
    for (std::size_t i = std::min(limit, order_.size()); i < std::min(limit + 2, order_.size());
         ++i) {
        if (!std::exchange(order_[i]->visible, false)) continue;
        changes.push_back({ChangeType::leave, order_[i]->key, {}});
    }
    // From the edge inwards, up to rows that were shown before. The changed row is looked at apart.
    std::vector<Entry*> entering;
    for (std::size_t i = std::min(limit, order_.size()); i-- > 0;) {
        auto* const entry = order_[i];
        if (entry->visible) break;
        if (entry != changed) entering.push_back(entry);
    }
    for (auto at = entering.rbegin(); at != entering.rend(); ++at) {
        (*at)->visible = true;
        changes.push_back({ChangeType::enter, (*at)->key, (*at)->value});
    }
}

void QueryWindow::State::trim() {
    while (order_.size() > capacity()) {
        erase(*order_.back());
        complete_ = false;
    }
}

Result<std::vector<WindowChange>> QueryWindow::State::apply_limited(const Record& record,
                                                                    bool matches,
                                                                    std::uint64_t now_ms) {
    const std::size_t limit = *query_.limit;
    std::vector<WindowChange> changes;
    if (limit == 0) return changes;
    bool was_visible = false;
    if (const auto known = by_key_.find(record.key); known != by_key_.end()) {
        was_visible = known->second->visible;
        erase(*known->second);
    }
    if (matches) {
        auto entry = std::make_unique<Entry>();
        entry->key = std::string(record.key);
        plan_.order.position_of(record, entry->position);
        if (is_known_place(entry->position)) {
            entry->value = projected(record.value);
            insert(std::move(entry));
        } else {
            complete_ = false;
        }
    }
    if (order_.size() < limit && !complete_) {
        stale_ = true;
        TOPGUN_TRY(refill(now_ms));
        stale_ = false;
    }
    const auto now = by_key_.find(record.key);
    Entry* const entry = now == by_key_.end() ? nullptr : now->second.get();
    const bool is_visible = entry != nullptr && place_of(entry->position) - order_.begin() <
                                                    static_cast<std::ptrdiff_t>(limit);
    if (was_visible && !is_visible) {
        changes.push_back({ChangeType::leave, std::string(record.key), {}});
    }
    show(entry, changes);
    if (entry != nullptr) entry->visible = is_visible;
    if (is_visible) {
        changes.push_back(
            {was_visible ? ChangeType::update : ChangeType::enter, entry->key, entry->value});
    }
    trim();
    return changes;
}

Result<std::vector<WindowChange>> QueryWindow::State::apply(std::string_view key, BytesView value,
                                                            std::uint64_t now_ms) {
    if (stale_) return Error(Errc::usage, "a live window that must be filled afresh first");
    const Record record{key, value.empty() ? ValueView() : ValueView(value), {}};
    const bool matches = !value.empty() && plan_.matches(record);
    if (!query_.limit) return apply_unlimited(record, matches);
    return apply_limited(record, matches, now_ms);
}

QueryWindow::QueryWindow(std::unique_ptr<State> state) : state_(std::move(state)) {}
QueryWindow::QueryWindow(QueryWindow&&) noexcept = default;
QueryWindow& QueryWindow::operator=(QueryWindow&&) noexcept = default;
QueryWindow::~QueryWindow() = default;

Result<QueryWindow> QueryWindow::open(MapId map, Query query, WindowSource source,
                                      QueryOptions options) {
    if (map.kind != MapKind::lww) {
        return Error(Errc::usage, "map '" + map.name + "' is no LWW map: it has no live queries");
    }
    if (!query.group_by.empty() || query.cursor || query.offset != 0) {
        return Error(Errc::usage, "a live query has no groups, cursor or offset");
    }
    if (query.limit && *query.limit > kLargestLimit) {
        return Error(Errc::limit,
                     "a live query keeps at most " + std::to_string(kLargestLimit) + " rows");
    }
    TOPGUN_ASSERT(source, "a live window begins with the rows of its source");
    auto plan = make_plan(query, options);
    if (!plan) return std::move(plan).error();
    return QueryWindow(std::make_unique<State>(std::move(map), std::move(query), std::move(source),
                                               std::move(options), std::move(*plan)));
}

Result<std::vector<ResultRow>> QueryWindow::reset(std::uint64_t now_ms) {
    return state_->reset(now_ms);
}

Result<std::vector<WindowChange>> QueryWindow::apply(std::string_view key, BytesView value,
                                                     std::uint64_t now_ms) {
    return state_->apply(key, value, now_ms);
}

bool QueryWindow::has(std::string_view key) const {
    return state_->has(key);
}
std::size_t QueryWindow::size() const noexcept {
    return state_->size();
}

}  // namespace topgun::query
