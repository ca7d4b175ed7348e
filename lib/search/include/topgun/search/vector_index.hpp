// SPDX-License-Identifier: Apache-2.0
// Vector search: which documents lie nearest to a point.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::search {

/// How near two vectors are, and the score of that, which is greater for what is nearer.
enum class Metric : std::uint8_t {
    cosine,     ///< Cosine of the angle, -1 to 1; 0 where a vector has no length.
    euclidean,  ///< 1 / (1 + distance).
    dot,        ///< The scalar product itself.
    manhattan,  ///< 1 / (1 + sum of differences).
};

struct VectorOptions {
    static constexpr std::uint32_t kDimensionMax = 4096;

    std::uint32_t dimension = 0;
    Metric metric = Metric::cosine;
    /// Up to this many vectors every one is looked at. Beyond it a graph (HNSW) is built, little by
    /// little: see VectorIndex::advance().
    std::size_t exact_max = 20'000;
    std::uint32_t links = 16;  ///< Of the graph, 2 to 64.
    std::uint32_t ef_construction = 200;
    std::uint64_t seed = 1;
};

struct VectorSearch {
    std::size_t k = 10;
    std::size_t ef = 0;  ///< How widely the graph is searched; 0: twice k, at least 64.
    std::optional<double> min_score{};
    /// Asked for vectors that would be among the nearest; false passes over one. May be empty.
    std::function<bool(std::string_view key)> accept{};
};

struct VectorHit {
    std::string key;
    double score = 0;
    bool operator==(const VectorHit&) const = default;
};

/// Vectors by key. Answers are exact while there is no graph; with it they come from the graph, and
/// exactly from what it does not hold yet. The same calls give the same answers: the graph's chance
/// is seeded. Equal vectors under several keys are all found.
///
/// Memory: 4 bytes a number, about 150 bytes and the key per vector, about 300 more in the graph.
/// Removed vectors keep their place until a third of all is such; then the rest moves together, and
/// the graph begins anew.
/// Threads: one at a time, const members too.
class TOPGUN_API VectorIndex {
public:
    /// Errors: usage for a dimension of 0 or above kDimensionMax, and links out of range.
    static Result<VectorIndex> create(VectorOptions options);
    VectorIndex(VectorIndex&&) noexcept;
    VectorIndex& operator=(VectorIndex&&) noexcept;
    ~VectorIndex();

    /// Adds or replaces. Errors: bad_input for another dimension, and numbers that are not finite.
    Status set(std::string_view key, std::span<const float> vector);
    void remove(std::string_view key);
    /// Takes up to `most` vectors into the graph when there are enough for one: nothing else does,
    /// so that nobody has to wait for a graph. Two after each set() keep it from falling behind.
    /// Cost: some 100 microseconds a vector. @return true when nothing is left to take.
    bool advance(std::size_t most);

    /// The nearest vectors, best first; of equal scores the smaller key first.
    /// Errors: as set(). Cost: O(vectors * dimension) without a graph.
    Result<std::vector<VectorHit>> find(std::span<const float> query,
                                        const VectorSearch& search) const;
    /// Empty when there is none. Valid until the next change.
    std::span<const float> vector(std::string_view key) const;

    const VectorOptions& options() const noexcept;
    std::size_t size() const noexcept;
    /// Vectors in the graph.
    std::size_t in_graph() const noexcept;
    /// Estimate of the memory that it holds. Cost: O(1).
    std::size_t bytes() const noexcept;

private:
    struct State;
    explicit VectorIndex(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Reads a vector as records keep it: numbers in an array; 32-bit floats as bytes, the least
/// significant first; or TopGun's map {type: "f32"|"f64"|"i32"|"i16", data: bytes}, as a map or as
/// bytes that hold one. Empty for anything else, numbers that are not finite, more than
/// VectorOptions::kDimensionMax.
TOPGUN_API std::vector<float> read_vector(ValueView value);
/// The same for bytes alone: the form of the wire's query vectors.
TOPGUN_API std::vector<float> read_float_bytes(BytesView bytes);
/// 32-bit floats as bytes, the least significant first.
TOPGUN_API Bytes write_float_bytes(std::span<const float> vector);

}  // namespace topgun::search
