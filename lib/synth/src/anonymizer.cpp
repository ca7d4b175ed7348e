// SPDX-License-Identifier: Apache-2.0
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "anonymizer_state.hpp"
#include "key_search.hpp"
#include "pseudonym.hpp"
#include "topgun/base/hash.hpp"

namespace topgun::synth {
namespace {

constexpr std::string_view kRankDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

// A rank in `width` digits, then random ones up to the original's length. The ranks are of one
// width, so they alone decide the order.
std::string node_name(const Prf& prf, std::string_view original, std::size_t rank,
                      std::size_t width) {
    std::string name(width, '0');
    for (auto at = width; at > 0; rank /= kRankDigits.size()) name[--at] = kRankDigits[rank % 36];
    // An id that TypeScript may order otherwise stays one.
    const bool portable = node_id_is_portable(original);
    Random rng(prf(Domain::node, original));
    while (name.size() + (portable ? 0 : 1) < original.size()) name += kRankDigits[rng.below(36)];
    if (!portable) name += '_';
    return name;
}

}  // namespace

Result<Bytes> random_secret() {
    Bytes secret(32, '\0');
    // Up to 256 bytes come whole or not at all.
    while (::getrandom(secret.data(), secret.size(), 0) < 0) {
        if (errno != EINTR) {
            return Error(Errc::io,
                         std::string("no random bytes to be had: ") + std::strerror(errno));
        }
    }
    return secret;
}

void Anonymizer::State::learn_node(std::string_view node) {
    if (node == last_node || node.empty()) return;
    last_node = node;
    if (!node_ids.contains(node)) node_ids.emplace(node);
}

void Anonymizer::State::learn_stamp(const Stamp& stamp) {
    if (stamp.node.empty()) return;
    learn_node(stamp.node);
    earliest_ms = std::min(earliest_ms, stamp.millis);
}

void Anonymizer::State::learn_tag(std::string_view tag) {
    if (const auto stamp = parse_stamp(tag)) learn_stamp(*stamp);
}

void Anonymizer::State::learn_key(std::string_view key) {
    fingerprints.add(mapping.fingerprint(key));
    mapping.add_length(key.size());
    if (key.size() >= kShortKey) return;
    ShortKey packed{};
    packed[0] = static_cast<char>(key.size());
    std::copy(key.begin(), key.end(), packed.begin() + 1);
    short_keys.add(packed);
}

void Anonymizer::State::learn_row(MapKind kind, const Row& row) {
    if (kind == MapKind::counter) return learn_node(row.key);
    learn_stamp(row.stamp);
    if (kind == MapKind::or_map) learn_tag(row.tag);
    if (!row.removed) learn_key(row.key);
}

void Anonymizer::State::on_conflict(const Conflict& conflict) {
    learn_row(conflict.map.kind, conflict.loser);
    const bool same_stamp = conflict.decided_by == StampField::none && !conflict.winner.removed;
    const auto& winner = conflict.winner.value;
    const auto& loser = conflict.loser.value;
    // A value beats a tombstone whatever it is, and of equal values the time to live decides.
    if (!same_stamp || winner.empty() || loser.empty() || winner == loser) return;
    auto& values = ties[place(conflict.map, conflict.winner)];
    values.emplace(winner);
    values.emplace(loser);
}

std::uint64_t Anonymizer::State::place(const MapId& map, const Row& row) const {
    Bytes text;
    for (const auto part : {BytesView(map.name), row.key, row.tag, row.stamp.node}) {
        append_le(text, static_cast<std::uint64_t>(part.size()));
        text.append(part);
    }
    text.push_back(static_cast<char>(map.kind));
    append_le(text, row.stamp.millis);
    append_le(text, row.stamp.counter);
    return mapping.prf()(Domain::place, text);
}

void Anonymizer::State::name_nodes() {
    std::size_t width = 1;
    for (std::size_t room = kRankDigits.size(); room < node_ids.size(); room *= 36) ++width;
    std::size_t rank = 0;
    for (const auto& node : node_ids) {
        auto name = node_name(mapping.prf(), node, rank++, width);
        if (name.size() > node.size()) ++report.lengthened_nodes;
        mapping.add_node(node, std::move(name));
    }
    report.nodes = node_ids.size();
    node_ids.clear();
}

void Anonymizer::State::choose_keys() {
    const auto known = fingerprints.finish();
    report.keys = known.size();
    mapping.known_keys = NumberSet(known.size());
    for (const auto number : known) mapping.known_keys.insert(number);
    // In one order, whatever the order in which the keys came.
    const auto keys = short_keys.finish();
    NumberSet taken(keys.size());
    for (const auto& packed : keys) {
        const std::string_view key(packed.data() + 1, static_cast<std::size_t>(packed[0]));
        unsigned choice = 0;
        auto text = next_key_choice(mapping.prf(), key, choice);
        bool second = false;
        while (!taken.insert(xxh3_64(text) | 1)) {
            second = true;
            ++choice;
            text = next_key_choice(mapping.prf(), key, choice);
        }
        if (second) ++report.second_choices;
        if (text.size() > key.size()) ++report.lengthened_keys;
        if (choice != 0) mapping.choices.emplace(key, choice);
    }
}

// The greater of two values under one stamp wins, and must win when both are replaced: salts are
// tried until the replacements have the order of the originals.
void Anonymizer::State::order_ties() {
    constexpr std::uint64_t kAttempts = 20'000;
    ValueMapper mapper(mapping);
    // Two values need two attempts on average, three need six: this much is for millions of ties. A
    // source with dozens of values under one stamp must not keep us forever.
    std::uint64_t budget = std::uint64_t{512} << 20;
    report.ties = ties.size();
    const auto ordered = [&](const std::set<Bytes>& values, std::uint64_t salt) {
        Bytes before, mapped;
        for (const auto& value : values) {
            constexpr std::uint64_t kOverhead = 64;
            budget -= std::min<std::uint64_t>(budget, value.size() + kOverhead);
            mapper.map(value, salt, mapped);
            if (!(before < mapped)) return false;
            before.swap(mapped);
        }
        return true;
    };
    for (const auto& [at, values] : ties) {
        std::uint64_t salt = 0;
        while (salt < kAttempts && budget > 0 && !ordered(values, salt)) ++salt;
        if (salt == kAttempts || budget == 0) {
            ++report.unordered_ties;
        } else if (salt > 0) {
            mapping.tie_salts.emplace(at, salt);
        }
    }
    ties.clear();
}

Status Anonymizer::State::map_stamp(const Stamp& stamp, MappedRow& out) const {
    out.millis = stamp.millis;
    out.counter = stamp.counter;
    out.node = {};
    if (stamp.node.empty()) return {};
    const auto* node = mapping.node(stamp.node);
    if (node == nullptr || stamp.millis < options.shift_back_ms) {
        return Error(Errc::usage, "a stamp of node '" + std::string(stamp.node) +
                                      "' was not learned before the mapping");
    }
    out.millis -= options.shift_back_ms;
    out.node = *node;
    return {};
}

Status Anonymizer::State::map_tag(std::string_view tag, Bytes& out) const {
    out.clear();
    if (tag.empty()) return {};
    const auto stamp = parse_stamp(tag);
    if (!stamp) {
        replace_text(mapping.prf(), tag, out);
        return {};
    }
    MappedRow mapped;
    TOPGUN_TRY(map_stamp(*stamp, mapped));
    format_stamp(mapped.view().stamp, out);
    return {};
}

Status Anonymizer::State::map_row(const MapId& map, const Row& row, bool with_key,
                                  ValueMapper& values, MappedRow& out) const {
    TOPGUN_ASSERT(finished, "an Anonymizer maps when it has learned everything");
    TOPGUN_TRY(map_stamp(row.stamp, out));
    TOPGUN_TRY(map_tag(row.tag, out.tag));
    out.removed = row.removed;
    out.ttl_ms = row.ttl_ms;
    out.value.clear();
    out.key.clear();
    out.key_hash = 0;
    if (map.kind == MapKind::counter) {
        const auto* node = mapping.node(row.key);
        if (node == nullptr) return Error(Errc::usage, "a counter's node was not learned");
        out.key = *node;
        out.value = row.value;
    } else {
        if (with_key) out.key = mapping.key(row.key);
        std::uint64_t salt = 0;
        if (!mapping.tie_salts.empty()) {
            const auto found = mapping.tie_salts.find(place(map, row));
            if (found != mapping.tie_salts.end()) salt = found->second;
        }
        if (!row.value.empty()) values.map(row.value, salt, out.value);
    }
    if (with_key) out.key_hash = fnv1a(out.key);
    return {};
}

Anonymizer::Anonymizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Anonymizer::Anonymizer(Anonymizer&&) noexcept = default;
Anonymizer& Anonymizer::operator=(Anonymizer&&) noexcept = default;
Anonymizer::~Anonymizer() = default;

Result<Anonymizer> Anonymizer::create(AnonymizeOptions options) {
    if (options.secret.size() < kMinSecret) {
        return Error(Errc::usage,
                     "secret: expected at least " + std::to_string(kMinSecret) + " bytes");
    }
    return Anonymizer(std::make_unique<State>(std::move(options)));
}

void Anonymizer::learn(const MapId& map, const Row& row) {
    state_->learn_row(map.kind, row);
}
void Anonymizer::learn_node(std::string_view node) {
    state_->learn_node(node);
}
ConflictObserver& Anonymizer::losers() noexcept {
    return *state_;
}
const AnonymizeReport& Anonymizer::report() const noexcept {
    return state_->report;
}

namespace {

Row row_of(const Op& op) {
    Row row;
    row.key = op.key;
    row.removed = op.kind == OpKind::or_remove;
    row.stamp = op.stamp;
    row.ttl_ms = op.ttl_ms;
    row.value = op.value;
    row.tag = op.tag;
    return row;
}

bool is_number(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void Anonymizer::learn(const Op& op) {
    state_->learn_row(map_kind_of(op.kind), row_of(op));
    // A removed tag has no key in a state, but its op may name one.
    if (op.kind == OpKind::or_remove && !op.key.empty()) state_->learn_key(op.key);
}

Status Anonymizer::learn(const StateReader& state) {
    for (const auto& id : state.maps()) {
        const auto take = [&](const Row& row) { state_->learn_row(id.kind, row); };
        auto removed = state.removed_tags(id);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(for_each_row(**removed, take));
        auto rows = state.rows(id);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, take));
    }
    return {};
}

Status Anonymizer::finish() {
    auto& state = *state_;
    TOPGUN_ASSERT(!state.finished, "an Anonymizer is finished once");
    if (state.earliest_ms < state.options.shift_back_ms) {
        return Error(Errc::usage, "the times cannot be shifted by " +
                                      std::to_string(state.options.shift_back_ms) +
                                      " ms: the first is " + format_utc(state.earliest_ms));
    }
    state.name_nodes();
    state.choose_keys();
    state.order_ties();
    state.finished = true;
    return {};
}

Result<std::string> Anonymizer::node(std::string_view node) const {
    const auto* found = state_->mapping.node(node);
    if (found == nullptr) {
        return Error(Errc::usage, "node '" + std::string(node) + "' was not learned");
    }
    return *found;
}

std::string Anonymizer::map_name(std::string_view name) const {
    return state_->mapping.map_name(name);
}
std::string Anonymizer::key(std::string_view key) const {
    return state_->mapping.key(key);
}

Bytes Anonymizer::value(BytesView canonical) const {
    ValueMapper mapper(state_->mapping);
    Bytes out;
    mapper.map(canonical, 0, out);
    return out;
}

Status Anonymizer::map_op(const Op& op, const std::function<Status(const Op&)>& visit) const {
    std::unique_ptr<ValueMapper> values;
    {
        const std::lock_guard lock(state_->idle_mutex);
        if (!state_->idle.empty()) {
            values = std::move(state_->idle.back());
            state_->idle.pop_back();
        }
    }
    if (!values) values = std::make_unique<ValueMapper>(state_->mapping);
    const MapId map{std::string(op.map), map_kind_of(op.kind)};
    const bool with_key = op.kind != OpKind::or_remove || !op.key.empty();
    MappedRow row;
    TOPGUN_TRY(state_->map_row(map, row_of(op), with_key, *values, row));
    {
        const std::lock_guard lock(state_->idle_mutex);
        state_->idle.push_back(std::move(values));
    }
    const auto name = map_name(op.map);
    std::string id(op.id);
    if (!is_number(op.id)) replace_text(state_->mapping.prf(), op.id, id);
    Op out = op;
    out.map = name;
    out.key = row.key;
    out.stamp = row.view().stamp;
    out.value = row.value;
    out.tag = row.tag;
    out.id = id;
    return visit(out);
}

}  // namespace topgun::synth
