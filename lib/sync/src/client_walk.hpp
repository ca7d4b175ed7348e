// SPDX-License-Identifier: Apache-2.0
// The walk through one map's trie, from the client: what LWW maps and OR-Maps have in common.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "client_ops.hpp"
#include "client_session.hpp"
#include "names.hpp"
#include "topgun/merkle/trie.hpp"

namespace topgun::sync::client {

/// Goes down where hashes differ, compares whole leaves, sends what the server lacks, and reads
/// back what it sent to a server that stamps anew.
class Walk {
public:
    Walk(Session& session, OpSender& sender, MapReport& report);
    virtual ~Walk();

    /// Connected, perhaps again: what was asked and not answered is asked again.
    void begin();
    void pump();
    void tick();
    bool done() const noexcept { return stage_ == Stage::done; }
    bool waiting() const noexcept { return !open_.empty(); }

    void hear_root(std::uint32_t root);
    void hear_buckets(const std::string& path, const wire::TextMap<std::uint32_t>& buckets);
    void hear_fence(std::uint64_t ping);
    /// The server refuses the map, or its state cannot be trusted.
    void give_up(std::string why);

protected:
    struct Request {
        std::uint64_t sent_ms = 0;
        unsigned depth = 0;
        unsigned tries = 0;
        std::uint64_t fence = 0;  // not 0: answered, and further parts may follow until its PONG
        std::unordered_set<std::uint64_t> seen;   // records that the parts so far held
        std::optional<std::uint64_t> local_keys;  // below the path, before anything was merged
        std::uint64_t matched = 0;                // of these, keys of which the server has all
    };
    enum class Stage : std::uint8_t { root, walking, pushing, rereading, done };

    virtual void ask_root() = 0;
    virtual void ask_path(const std::string& path) = 0;
    /// Rows that only the local state has, of some hash range.
    virtual void take_local_only(const Row& row, bool answered) = 0;
    /// Every differing leaf was seen, and nothing was read back yet.
    virtual void finish_walk() {}
    virtual void finish() {}

    /// An answer with records has come. @return its request; null when nobody asked.
    Request* open_leaf(const std::string& path);
    /// Compares what only the local state has below the leaf, unless more parts may come.
    void close_leaf(const std::string& path, std::size_t frame_bytes);
    bool rereading() const noexcept { return stage_ == Stage::rereading; }
    /// Identifies a record within an answer.
    static std::uint64_t seen_key(std::string_view key, std::string_view tag = {});
    void push(const Op& op, std::uint32_t key_hash);
    Trie trie() { return current_trie(session_.local.shared(), report_.map); }
    /// Where an estimate counts: what is in sampled leaves stands for others, too.
    Forecast& counted() noexcept { return in_range_ ? whole_ : sampled_; }
    bool sound() const noexcept { return sound_; }
    /// Some hash was equal: the server hashes as clients do, and is no server of TopGun's.
    bool pruned() const noexcept { return pruned_; }
    std::uint32_t remote_root() const noexcept { return remote_root_; }
    bool pushed_any() const noexcept { return pushed_any_; }

    Session& session_;
    OpSender& sender_;
    MapReport& report_;
    OpOrigin& origin_;

private:
    struct Pending {
        std::string path;
        unsigned depth = 0;
        unsigned tries = 0;
    };
    struct LocalOnly {
        HashRange range;
        bool answered = true;
    };

    void enqueue(const std::string& path, unsigned depth, unsigned tries = 0);
    void ask(const Pending& next);
    void answered(const std::string& path);
    void unanswered(const std::string& path, Request request);
    void finish_path(const std::string& path, Request& request);
    void local_only(HashRange range, bool answered);
    void drain_local_only();
    bool wants_local_only() const;
    void sample();
    void advance();
    void forecast();

    Stage stage_ = Stage::root;
    std::deque<Pending> pending_;
    std::map<std::string, Request> open_;  // by path; "root" for the root's hash
    std::deque<LocalOnly> only_here_;
    std::unique_ptr<StateReader> reader_;  // of the range at the front, while it is read
    std::unique_ptr<RowCursor> cursor_;
    std::unordered_set<std::uint32_t> pushed_leaves_;
    std::uint32_t remote_root_ = 0;
    bool sound_ = true;  // every request was answered
    bool pruned_ = false;
    bool pushed_any_ = false;
    // For estimates.
    bool chosen_ = false;       // which leaves are read
    bool in_range_ = false;     // rows at hand come from a range that is read whole
    std::uint64_t leaves_ = 0;  // that differ
    std::uint64_t leaves_read_ = 0;
    std::uint64_t leaf_bytes_ = 0;
    Forecast sampled_, whole_;
};

}  // namespace topgun::sync::client
