// SPDX-License-Identifier: Apache-2.0
#include "client_walk.hpp"

#include <algorithm>

#include "topgun/base/random.hpp"

namespace topgun::sync::client {
namespace {

const std::string kRoot = "root";
// An endpoint of ours cuts leaves into parts of about a megabyte, and nothing marks the last one.
constexpr std::size_t kPartBytes = std::size_t{256} << 10;
// Leaves that an estimate reads to know what is in the others.
constexpr std::size_t kSample = 16;

}  // namespace

Walk::Walk(Session& session, OpSender& sender, MapReport& report)
    : session_(session), sender_(sender), report_(report), origin_(sender.origin_of(report)) {}

Walk::~Walk() = default;

std::uint64_t Walk::seen_key(std::string_view key, std::string_view tag) {
    return xxh3_64(key) ^ (tag.empty() ? 0 : splitmix64(xxh3_64(tag)));
}

void Walk::begin() {
    if (done()) return;
    for (auto& [path, request] : open_) {
        if (path != kRoot) pending_.push_front({path, request.depth, request.tries});
    }
    open_.clear();
}

void Walk::give_up(std::string why) {
    if (done()) return;
    for (std::size_t i = 0; i < open_.size(); ++i) session_.link.gave_up();
    open_.clear();
    pending_.clear();
    only_here_.clear();
    cursor_.reset();
    report_.error = std::move(why);
    stage_ = Stage::done;
}

void Walk::enqueue(const std::string& path, unsigned depth, unsigned tries) {
    pending_.push_back({path, depth, tries});
}

void Walk::ask(const Pending& next) {
    Request request;
    request.sent_ms = session_.link.now_ms();
    request.depth = next.depth;
    request.tries = next.tries + 1;
    open_[next.path] = std::move(request);
    session_.link.asked();
    if (next.path == kRoot)
        ask_root();
    else
        ask_path(next.path);
}

void Walk::pump() {
    if (done() || session_.failed()) return;
    if (stage_ == Stage::root) {
        if (open_.empty() && session_.link.may_ask()) ask({kRoot, 1, 0});
        return;
    }
    drain_local_only();
    while (!pending_.empty() && session_.link.may_ask() && sender_.has_room()) {
        auto at = pending_.begin();
        if (session_.job.estimate && !chosen_) {
            // Which leaves are read is decided when all that differ are known.
            at = std::find_if(pending_.begin(), pending_.end(), [](const Pending& one) {
                return one.path.size() < Trie::kWireDepth;
            });
            if (at == pending_.end()) break;
        }
        // What is on its way may use up the budget: leaves are taken to be alike.
        const auto mean = leaf_bytes_ / std::max<std::uint64_t>(1, leaves_read_);
        if (!open_.empty() && open_.size() * mean >= session_.link.budget_left()) break;
        const auto next = *at;
        pending_.erase(at);
        ask(next);
    }
    advance();
}

void Walk::hear_root(std::uint32_t root) {
    const auto found = open_.find(kRoot);
    // Also sent unasked, about maps that somebody changes.
    if (stage_ != Stage::root || found == open_.end()) return;
    const auto depth = found->second.depth;
    open_.erase(found);
    session_.link.answered(depth);
    remote_root_ = root;
    const auto own = trie().root();
    const auto remembered = session_.memory.maps.find(report_.map);
    const bool as_before = !session_.own_server() && remembered != session_.memory.maps.end() &&
                           root != 0 && remembered->second.remote_root == root &&
                           remembered->second.local_root == own;
    if (root == own || as_before) {
        report_.equal = report_.done = true;
        stage_ = Stage::done;
        return;
    }
    stage_ = Stage::walking;
    // TopGun's server does not answer for a path that does not exist.
    if (root == 0)
        local_only({}, true);
    else
        enqueue("", depth + 1);
    pump();
}

void Walk::hear_buckets(const std::string& path, const wire::TextMap<std::uint32_t>& buckets) {
    const auto found = open_.find(path);
    if (found == open_.end() || !is_trie_path(path) || path.size() >= Trie::kWireDepth) return;
    const auto depth = found->second.depth;
    open_.erase(found);
    session_.link.answered(depth);
    const auto own = trie();
    for (const char digit : std::string_view("0123456789abcdef")) {
        const std::string label(1, digit);
        const auto child = path + label;
        const auto hash = own.node(child);
        const auto* theirs = buckets.find(label);
        if (theirs == nullptr || *theirs == 0) {
            // Zero means that there are no keys, or that the server wants to be asked all the same.
            if (own.keys(child).value() != 0) local_only(hashes_below(child), true);
        } else if (*theirs != hash.value()) {
            enqueue(child, depth + 1);
        } else {
            pruned_ = true;
        }
    }
    if (session_.job.estimate) sample();
    pump();
}

Walk::Request* Walk::open_leaf(const std::string& path) {
    const auto found = open_.find(path);
    if (found == open_.end() || !is_trie_path(path)) return nullptr;
    auto& request = found->second;
    if (!request.local_keys) request.local_keys = trie().keys(path).value();
    return &request;
}

void Walk::close_leaf(const std::string& path, std::size_t frame_bytes) {
    const auto found = open_.find(path);
    TOPGUN_ASSERT(found != open_.end(), "only leaves that were asked for are closed");
    leaf_bytes_ += frame_bytes;
    auto& request = found->second;
    if (frame_bytes >= kPartBytes) {
        request.fence = session_.link.fence();
        request.sent_ms = session_.link.now_ms();
        return;
    }
    // A part that came before its fence's PONG, or an answer in one piece.
    if (request.fence == 0) finish_path(path, request);
}

void Walk::hear_fence(std::uint64_t ping) {
    for (auto& [path, request] : open_) {
        if (request.fence != ping) continue;
        finish_path(std::string(path), request);
        return pump();
    }
}

// All records of the leaf have been seen: what is left here is here alone.
void Walk::finish_path(const std::string& path, Request& request) {
    const auto depth = request.depth;
    const auto seen = std::move(request.seen);
    const bool all_seen = request.local_keys == request.matched;
    open_.erase(path);
    session_.link.answered(depth);
    ++leaves_read_;
    if (rereading() || all_seen || !wants_local_only()) return;
    const auto reader = read_live(session_.local.shared(), {report_.map});
    if (!reader->has(report_.map)) return;
    const StateReader& state = *reader;
    auto rows = state.rows(report_.map, {hashes_below(path)});
    if (!rows) return session_.fail(rows.error());
    const auto read = for_each_row(**rows, [&](const Row& row) {
        if (!seen.contains(seen_key(row.key, row.tag))) take_local_only(row, true);
    });
    if (!read) session_.fail(read.error());
}

bool Walk::wants_local_only() const {
    return session_.pushes() || session_.compares() || session_.job.estimate ||
           session_.memory.maps.contains(report_.map);
}

void Walk::local_only(HashRange range, bool answered) {
    if (wants_local_only()) only_here_.push_back({range, answered});
}

void Walk::drain_local_only() {
    while (!only_here_.empty() && sender_.has_room() && !session_.failed()) {
        const auto [range, answered] = only_here_.front();
        if (!cursor_) {
            reader_ = read_live(session_.local.shared(), {report_.map});
            const StateReader& state = *reader_;
            if (!state.has(report_.map)) {
                only_here_.pop_front();
                continue;
            }
            auto rows = state.rows(report_.map, {range});
            if (!rows) return session_.fail(rows.error());
            cursor_ = std::move(*rows);
        }
        const auto batch = cursor_->next();
        if (!batch) return session_.fail(batch.error());
        if (batch->empty()) {
            cursor_.reset();
            reader_.reset();
            only_here_.pop_front();
            continue;
        }
        in_range_ = true;
        for (const auto& row : *batch) take_local_only(row, answered);
        in_range_ = false;
    }
}

void Walk::push(const Op& op, std::uint32_t key_hash) {
    pushed_any_ = true;
    pushed_leaves_.insert(key_hash >> (32 - 4 * Trie::kWireDepth));
    sender_.add(op, origin_);
}

void Walk::unanswered(const std::string& path, Request request) {
    session_.link.gave_up();
    open_.erase(path);
    // A server under load drops requests; the answer may also be on its way.
    if (request.tries < 2) return enqueue(path, request.depth, request.tries);
    if (path == kRoot) return give_up("no answer to the request for the root");
    ++report_.unanswered;
    sound_ = false;
    if (!rereading()) local_only(hashes_below(path), false);
}

void Walk::tick() {
    if (done() || !session_.link.is_open()) return;
    std::vector<std::string> late;
    for (const auto& [path, request] : open_) {
        if (session_.link.now_ms() - request.sent_ms >= session_.options.request_ms) {
            late.push_back(path);
        }
    }
    for (const auto& path : late) {
        if (open_[path].fence != 0) {
            finish_path(path, open_[path]);
            continue;
        }
        auto request = std::move(open_[path]);
        if (path == kRoot && request.tries < 2) {
            session_.link.gave_up();
            open_.erase(path);
            ask({kRoot, request.depth, request.tries});
            continue;
        }
        unanswered(path, std::move(request));
    }
}

// An estimate reads some of the leaves only.
void Walk::sample() {
    if (std::any_of(pending_.begin(), pending_.end(),
                    [](const Pending& one) { return one.path.size() < Trie::kWireDepth; }) ||
        std::any_of(open_.begin(), open_.end(),
                    [](const auto& one) { return one.first.size() < Trie::kWireDepth; })) {
        return;
    }
    if (std::exchange(chosen_, true)) return;
    leaves_ = pending_.size();
    if (pending_.size() <= kSample) return;
    std::deque<Pending> some;
    for (std::size_t i = 0; i < kSample; ++i) {
        some.push_back(pending_[i * pending_.size() / kSample]);
    }
    pending_ = std::move(some);
}

void Walk::forecast() {
    auto& out = session_.report.forecast;
    const auto read = std::max<std::uint64_t>(1, leaves_read_);
    const double scale = std::max(1.0, static_cast<double>(leaves_) / static_cast<double>(read));
    const auto scaled = [scale](std::uint64_t value) {
        return static_cast<std::uint64_t>(static_cast<double>(value) * scale);
    };
    // The walk brings whole leaves, whatever differs in them.
    out.bytes_in += scaled(leaf_bytes_);
    out.records_in += scaled(sampled_.records_in) + whole_.records_in;
    out.records_out += scaled(sampled_.records_out) + whole_.records_out;
    out.bytes_out += scaled(sampled_.bytes_out) + whole_.bytes_out;
}

void Walk::advance() {
    if (!pending_.empty() || !open_.empty() || !only_here_.empty()) return;
    if (stage_ == Stage::walking) {
        if (session_.job.estimate) {
            forecast();
        } else {
            finish_walk();
        }
        stage_ = Stage::pushing;
    }
    if (stage_ == Stage::pushing && origin_.unsettled == 0 && !session_.link.budget_used()) {
        stage_ = Stage::rereading;
        // A server that stamps anew now holds other stamps than those that were sent.
        if (!session_.own_server() && session_.pulls()) {
            for (const auto leaf : pushed_leaves_) {
                enqueue(leaf_path(leaf, Trie::kWireDepth), 1);
            }
        }
        pushed_leaves_.clear();
        return pump();
    }
    if (stage_ == Stage::rereading) {
        finish();
        report_.done = true;
        stage_ = Stage::done;
    }
}

}  // namespace topgun::sync::client
