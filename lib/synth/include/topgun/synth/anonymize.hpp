// SPDX-License-Identifier: Apache-2.0
// Data whose bug still shows, without the data: keys, values and names replaced, structure kept.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::synth {

struct AnonymizeOptions {
    /// What the replacements depend on: at least kMinSecret bytes. Whoever knows it can test
    /// guesses.
    Bytes secret;
    bool keep_map_names = false;
    std::vector<std::string> keep_maps;  ///< Maps whose name stays.
    bool keep_field_names = false;
    std::vector<std::string> keep_fields;  ///< Fields of map values whose name stays.
    std::uint64_t shift_back_ms = 0;       ///< Taken from every stamp's milliseconds.
};

inline constexpr std::size_t kMinSecret = 16;

/// 32 bytes from the operating system: for a run whose mapping nobody needs again. Errors: io.
TOPGUN_API Result<Bytes> random_secret();

struct AnonymizeReport {
    std::uint64_t keys = 0;   ///< Distinct keys learned.
    std::uint64_t nodes = 0;  ///< Distinct node ids.
    std::uint64_t lengthened_keys =
        0;  ///< Too short to keep their length and their place in the trie.
    std::uint64_t lengthened_nodes = 0;
    std::uint64_t second_choices = 0;  ///< Keys whose first replacement another key had already.
    std::uint64_t ties = 0;            ///< Places where values differ under one stamp.
    std::uint64_t unordered_ties = 0;  ///< Of these: the other value wins now.
};

/// A mapping of names and values, made in two steps: learn everything that will be mapped,
/// finish(), then map. What it keeps:
/// - sizes: text and binary values keep their length in bytes, integers their encoded width and
///   sign, floats stay floats (whole ones whole), containers their shape; booleans are flipped or
///   not, field by field;
/// - equality: what was equal is equal, what differed differs, in all that is mapped with one
/// secret;
///   a text that is also a key or a node id is replaced as that;
/// - a key's place in the trie: the first three hex digits of fnv1a;
/// - the order of node ids, and whether TypeScript may order them otherwise;
/// - stamps (but for a shift), times to live, tombstones, counts, op ids that are numbers;
/// - tags: one that is a stamp's text becomes the text of the replaced stamp;
/// - which of two values under one stamp wins, if both were learned (see losers()).
///
/// Strength: replacements come from SipHash-2-4 under a 128-bit key drawn from the secret, so that
/// without the secret they can neither be inverted nor tested. What shows all the same: lengths,
/// equality and frequencies, times, in short texts where punctuation stands, everywhere which
/// Unicode block a character beyond ASCII is from, and 12 bits of each key's hash. One who has a
/// list of possible keys can rule most of them out by these.
///
/// Two runs agree on everything but node ids, whose replacement is their rank among those learned,
/// and keys of less than 10 bytes that met another one's replacement: let each run learn both
/// sources.
///
/// Threads: one while learning; const members from any after finish().
class TOPGUN_API Anonymizer {
public:
    /// Errors: usage, for a short secret.
    static Result<Anonymizer> create(AnonymizeOptions options);
    Anonymizer(Anonymizer&&) noexcept;
    Anonymizer& operator=(Anonymizer&&) noexcept;
    ~Anonymizer();

    // First step. Memory: 8 bytes a distinct key, 16 more for keys of less than 10 bytes.
    void learn(const Op& op);
    void learn(const MapId& map, const Row& row);
    void learn_node(std::string_view node);
    /// Every row of a state. Errors: those of reading it.
    Status learn(const StateReader& state);
    /// Hears what loses in a merge of the sources: learns its nodes, and finds values that differ
    /// under one stamp, whose order is to be kept.
    ConflictObserver& losers() noexcept;
    /// Ends the first step. Errors: usage, when the shift would take a stamp below zero.
    Status finish();
    const AnonymizeReport& report() const noexcept;

    // Second step. @pre finish() succeeded. Errors of all: usage, for a node id that was not
    // learned.
    Result<std::string> node(std::string_view node) const;
    std::string map_name(std::string_view name) const;
    std::string key(std::string_view key) const;
    /// A canonical value; its encoding keeps its length.
    Bytes value(BytesView canonical) const;
    /// Calls visit(op) with the replaced op, borrowed for the call. Cost: about 8 us for a record
    /// of ten fields.
    Status map_op(const Op& op, const std::function<Status(const Op&)>& visit) const;

    struct State;

private:
    friend std::unique_ptr<StateReader> anonymize_state(const Anonymizer& anonymizer,
                                                        const StateReader& source);
    explicit Anonymizer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// `source` with everything replaced, as a state. Both must outlive it. Rows are mapped as they are
/// read, leaf by leaf of the trie. Memory: the rows of one leaf; all removed tags of an OR-Map.
/// Errors of reading it: those of the source and of the mapping.
TOPGUN_API std::unique_ptr<StateReader> anonymize_state(const Anonymizer& anonymizer,
                                                        const StateReader& source);

}  // namespace topgun::synth
