// SPDX-License-Identifier: Apache-2.0
#include "topgun/merkle/sketch.hpp"

#include <algorithm>
#include <cmath>

#include "topgun/base/random.hpp"
#include "topgun/base/varint.hpp"

namespace topgun {
namespace {

constexpr std::size_t kCellBytes = 32;

// Which items a cell holds is checked by a hash that is not a sum of the item's own words.
std::uint64_t check_of(const SketchItem& item) noexcept {
    return splitmix64(splitmix64(item.key) ^ item.content);
}

// The endless, ever sparser sequence of cells of one item starts here ...
std::uint64_t seed_of(const SketchItem& item) noexcept {
    return splitmix64(item.key + 0x632be59bd9b4e019u * item.content);
}

// ... and goes on like this: from cell `index` to the next one. Correctly rounded square root and
// division make it the same on every machine; fused operations are switched off by the build.
std::uint64_t next_index(std::uint64_t& state, std::uint64_t index) noexcept {
    state *= 0xda942042e4dd58b5u;
    // 53 bits, so that the conversion is exact and needs no branch.
    const auto uniform = static_cast<double>(static_cast<std::int64_t>(state >> 11) + 1) * 0x1p-53;
    const double spread = std::sqrt(1.0 / uniform) - 1.0;
    const double step = (static_cast<double>(static_cast<std::int64_t>(index)) + 1.5) * spread;
    // Far beyond every real sketch; also keeps the conversion defined.
    if (!(step < 0x1p40)) return index + (std::uint64_t{1} << 40);
    // Rounded up, and one at least.
    const auto whole = static_cast<std::int64_t>(step);
    const auto up = whole + (static_cast<double>(whole) < step ? 1 : 0);
    return index + static_cast<std::uint64_t>(std::max<std::int64_t>(1, up));
}

class CellSequence {
public:
    explicit CellSequence(const SketchItem& item) noexcept : state_(seed_of(item)) {}
    std::uint64_t index() const noexcept { return index_; }
    void advance() noexcept { index_ = next_index(state_, index_); }

private:
    std::uint64_t state_;
    std::uint64_t index_ = 0;
};

}  // namespace

void Sketch::apply(const SketchItem& item, std::uint64_t times) {
    const auto check = check_of(item);
    for (CellSequence at(item); at.index() < cells_.size(); at.advance()) {
        auto& cell = cells_[at.index()];
        cell.key += item.key * times;
        cell.content += item.content * times;
        cell.check += check * times;
        cell.count += times;
    }
}

// One item's steps depend on each other, through a square root and a division. Several items are
// walked side by side, so that the processor works on one while it waits for another.
void Sketch::add(std::span<const SketchItem> items) {
    constexpr std::size_t kLanes = 8;
    const auto size = cells_.size();
    if (size == 0) return;
    while (items.size() >= kLanes) {
        std::uint64_t states[kLanes];
        std::uint64_t indexes[kLanes] = {};
        Cell added[kLanes];
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const auto& item = items[lane];
            states[lane] = seed_of(item);
            added[lane] = {item.key, item.content, check_of(item), 1};
        }
        for (bool any = true; any;) {
            any = false;
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                if (indexes[lane] >= size) continue;
                auto& cell = cells_[indexes[lane]];
                cell.key += added[lane].key;
                cell.content += added[lane].content;
                cell.check += added[lane].check;
                cell.count += 1;
                indexes[lane] = next_index(states[lane], indexes[lane]);
                any = true;
            }
        }
        items = items.subspan(kLanes);
    }
    for (const auto& item : items) apply(item, 1);
}

void Sketch::add(const Sketch& other) {
    truncate(other.size());
    narrow_ = narrow_ || other.narrow_;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        cells_[i].key += other.cells_[i].key;
        cells_[i].content += other.cells_[i].content;
        cells_[i].check += other.cells_[i].check;
        cells_[i].count += other.cells_[i].count;
    }
}

void Sketch::subtract(const Sketch& other) {
    truncate(other.size());
    narrow_ = narrow_ || other.narrow_;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        cells_[i].key -= other.cells_[i].key;
        cells_[i].content -= other.cells_[i].content;
        cells_[i].check -= other.cells_[i].check;
        cells_[i].count -= other.cells_[i].count;
    }
}

void Sketch::serialize(Bytes& out) const {
    out.reserve(out.size() + cells_.size() * kCellBytes);
    for (const auto& cell : cells_) {
        append_le(out, cell.key);
        append_le(out, cell.content);
        append_le(out, cell.check);
        append_le(out, cell.count);
    }
}

Result<Sketch> Sketch::parse(BytesView bytes) {
    if (bytes.size() % kCellBytes != 0) {
        return Error(Errc::bad_input, "sketch: length is not a multiple of 32 bytes");
    }
    Sketch sketch(bytes.size() / kCellBytes);
    for (std::size_t i = 0; i < sketch.cells_.size(); ++i) {
        const char* at = bytes.data() + i * kCellBytes;
        sketch.cells_[i] = {load_le<std::uint64_t>(at), load_le<std::uint64_t>(at + 8),
                            load_le<std::uint64_t>(at + 16), load_le<std::uint64_t>(at + 24)};
    }
    return sketch;
}

void Sketch::extend(std::size_t cells, std::span<const SketchItem> items) {
    if (cells <= cells_.size()) return;
    Sketch longer(cells);
    longer.add(items);
    cells_ = std::move(longer.cells_);
}

void Sketch::append(const Sketch& tail) {
    cells_.insert(cells_.end(), tail.cells_.begin(), tail.cells_.end());
    narrow_ = narrow_ || tail.narrow_;
}

void Sketch::append_symbols(std::size_t first, std::size_t count, Bytes& out) const {
    TOPGUN_ASSERT(first <= cells_.size() && count <= cells_.size() - first,
                  "only cells that are there can be sent");
    for (std::size_t i = first; i < first + count; ++i) {
        append_le(out, cells_[i].key);
        append_le(out, cells_[i].content);
        append_le(out, static_cast<std::uint32_t>(cells_[i].check));
        append_varint(out, cells_[i].count);
    }
}

Result<Sketch> Sketch::parse_symbols(BytesView bytes) {
    Sketch sketch(0);
    sketch.narrow_ = true;
    while (!bytes.empty()) {
        constexpr std::size_t kSums = 20;
        Cell cell;
        if (bytes.size() > kSums) {
            cell.key = load_le<std::uint64_t>(bytes.data());
            cell.content = load_le<std::uint64_t>(bytes.data() + 8);
            cell.check = load_le<std::uint32_t>(bytes.data() + 16);
            bytes.remove_prefix(kSums);
            if (take_varint(bytes, cell.count)) {
                sketch.cells_.push_back(cell);
                continue;
            }
        }
        return Error(Errc::bad_input, "sketch: a symbol is cut off");
    }
    return sketch;
}

// Takes out items from cells that hold exactly one, until nothing is left or nothing is pure.
bool Sketch::peel(SketchDifference& out) {
    std::vector<std::size_t> work(cells_.size());
    for (std::size_t i = 0; i < work.size(); ++i) work[i] = work.size() - 1 - i;
    const std::uint64_t known = narrow_ ? 0xffffffffu : ~std::uint64_t{0};
    // A forged sketch could produce items for ever; a true one yields fewer than it has cells.
    const auto limit = cells_.size() * 2;
    while (!work.empty()) {
        const auto cell = cells_[work.back()];
        work.pop_back();
        if (cell.count != 1 && cell.count != ~std::uint64_t{0}) continue;
        const SketchItem item{cell.key * cell.count, cell.content * cell.count};
        if (((check_of(item) * cell.count ^ cell.check) & known) != 0) continue;
        if (out.only_a.size() + out.only_b.size() >= limit) return false;
        (cell.count == 1 ? out.only_a : out.only_b).push_back(item);
        apply(item, ~cell.count + 1);
        for (CellSequence at(item); at.index() < cells_.size(); at.advance())
            work.push_back(at.index());
    }
    return std::all_of(cells_.begin(), cells_.end(), [known](const Cell& cell) {
        return cell.key == 0 && cell.content == 0 && cell.count == 0 && (cell.check & known) == 0;
    });
}

std::optional<SketchDifference> sketch_difference(const Sketch& a, const Sketch& b) {
    const auto full = std::min(a.size(), b.size());
    for (std::size_t length = std::min<std::size_t>(16, full); length > 0;) {
        Sketch left = a;
        left.truncate(length);
        left.subtract(b);
        SketchDifference difference;
        if (left.peel(difference)) {
            difference.cells_used = length;
            std::sort(difference.only_a.begin(), difference.only_a.end());
            std::sort(difference.only_b.begin(), difference.only_b.end());
            return difference;
        }
        if (length == full) break;
        length = std::min(full, length + length / 8);
    }
    return std::nullopt;
}

std::optional<SketchDifference> decode_difference(const Sketch& a, const Sketch& b) {
    Sketch left = a;
    left.subtract(b);
    SketchDifference difference;
    if (!left.peel(difference)) return std::nullopt;
    difference.cells_used = left.size();
    std::sort(difference.only_a.begin(), difference.only_a.end());
    std::sort(difference.only_b.begin(), difference.only_b.end());
    return difference;
}

void SetDigest::apply(const SketchItem& item, std::uint64_t times) noexcept {
    key_ += item.key * times;
    content_ += item.content * times;
    check_ += check_of(item) * times;
    count_ += times;
    const auto bits = splitmix64(item.key ^ splitmix64(item.content));
    for (std::size_t i = 0; i < kCounters; ++i) ones_[i] += (bits >> i & 1) * times;
}

void SetDigest::serialize(Bytes& out) const {
    append_le(out, key_);
    append_le(out, content_);
    append_le(out, check_);
    append_varint(out, count_);
    for (std::size_t i = 0; i < kCounters; ++i) append_varint(out, to_zigzag(counter(i)));
}

Result<SetDigest> SetDigest::parse(BytesView bytes) {
    SetDigest out;
    const Error cut(Errc::bad_input, "digest: not as long as it should be");
    if (bytes.size() < 24) return cut.clone();
    out.key_ = load_le<std::uint64_t>(bytes.data());
    out.content_ = load_le<std::uint64_t>(bytes.data() + 8);
    out.check_ = load_le<std::uint64_t>(bytes.data() + 16);
    bytes.remove_prefix(24);
    if (!take_varint(bytes, out.count_)) return cut.clone();
    for (auto& ones : out.ones_) {
        std::uint64_t value = 0;
        if (!take_varint(bytes, value)) return cut.clone();
        const auto counter = static_cast<std::uint64_t>(from_zigzag(value));
        // A counter is as odd or even as the count; a forged one is made so.
        ones = (counter + out.count_) / 2;
    }
    if (!bytes.empty()) return cut.clone();
    return out;
}

std::uint64_t estimate_difference(const SetDigest& a, const SetDigest& b) {
    if (a == b) return 0;
    double sum = 0;
    for (std::size_t i = 0; i < SetDigest::kCounters; ++i) {
        const auto difference =
            static_cast<double>(a.counter(i)) - static_cast<double>(b.counter(i));
        sum += difference * difference;
    }
    const double mean = sum / SetDigest::kCounters;
    constexpr double kMost = 0x1p62;
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::min(mean, kMost)));
}

}  // namespace topgun
