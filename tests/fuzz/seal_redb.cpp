// SPDX-License-Identifier: Apache-2.0
#include "seal_redb.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "fuzz.hpp"
#include "topgun/base/hash.hpp"

namespace topgun::fuzz {
namespace {

constexpr std::size_t kSlots = 64, kSlotSize = 128, kSlotChecksum = 112;
constexpr std::size_t kDefinitionRoot = 10, kDefinitionSize = 64;

class Sealer {
public:
    explicit Sealer(Bytes& file) : file_(file) {
        page_size_ = load_le<std::uint32_t>(file.data() + 12);
        header_pages_ = load_le<std::uint32_t>(file.data() + 16);
        data_pages_ = load_le<std::uint32_t>(file.data() + 20);
    }

    void run() {
        if (page_size_ < 512 || page_size_ > 65536) return;
        for (std::size_t slot = kSlots; slot < kSlots + 2 * kSlotSize; slot += kSlotSize) {
            if (file_[slot + 1] != 0) seal_root(slot + 8, Tree::tables, 0);
            store(slot + kSlotChecksum, xxh3_128({file_.data() + slot, kSlotChecksum}));
        }
    }

private:
    enum class Tree { tables, entries };

    void store(std::size_t at, const Hash128& hash) {
        store_le(file_.data() + at, hash.low);
        store_le(file_.data() + at + 8, hash.high);
    }

    // A root, or a child: its page's number, and the checksum behind it.
    void seal_root(std::size_t at, Tree tree, int depth) {
        const auto hash = seal_page(load_le<std::uint64_t>(file_.data() + at), tree, depth);
        if (hash) store(at + 8, *hash);
    }

    std::optional<Hash128> seal_page(std::uint64_t number, Tree tree, int depth) {
        // A page may be reached in many ways after a change.
        if (depth > 40 || ++visited_ > 400) return std::nullopt;
        const auto order = number >> 59;
        if (order > 20) return std::nullopt;
        const std::uint64_t region = (number >> 20) & 0xfffff;
        const std::uint64_t first = (number & (0xfffff >> order)) << order;
        const std::uint64_t page =
            1 + region * (std::uint64_t{header_pages_} + data_pages_) + header_pages_ + first;
        const std::uint64_t length = std::uint64_t{page_size_} << order;
        if (page > file_.size() / page_size_) return std::nullopt;
        const auto at = static_cast<std::size_t>(page * page_size_);
        if (length > file_.size() - at) return std::nullopt;
        return seal_content(at, static_cast<std::size_t>(length), tree, depth);
    }

    std::optional<Hash128> seal_content(std::size_t at, std::size_t length, Tree tree, int depth) {
        const std::size_t count = load_le<std::uint16_t>(file_.data() + at + 2);
        if (count == 0) return std::nullopt;
        if (file_[at] == 2) {
            const std::size_t numbers = 8 + 16 * (count + 1), ends = numbers + 8 * (count + 1);
            if (ends + 4 * count > length) return std::nullopt;
            for (std::size_t i = 0; i <= count; ++i) {
                const auto child = load_le<std::uint64_t>(file_.data() + at + numbers + 8 * i);
                if (const auto hash = seal_page(child, tree, depth + 1)) {
                    store(at + 8 + 16 * i, *hash);
                }
            }
            return hash_of(at, length,
                           load_le<std::uint32_t>(file_.data() + at + ends + 4 * (count - 1)));
        }
        if (4 + 8 * count > length) return std::nullopt;
        const char* const value_ends = file_.data() + at + 4 + 4 * count;
        std::size_t from = load_le<std::uint32_t>(value_ends - 4);
        for (std::size_t i = 0; tree == Tree::tables && i < count; ++i) {
            const std::size_t end = load_le<std::uint32_t>(value_ends + 4 * i);
            if (from <= end && end <= length && end - from >= kDefinitionSize) {
                seal_root(at + from + kDefinitionRoot, Tree::entries, depth + 1);
            }
            from = end;
        }
        return hash_of(at, length, load_le<std::uint32_t>(value_ends + 4 * (count - 1)));
    }

    std::optional<Hash128> hash_of(std::size_t at, std::size_t length, std::size_t end) const {
        if (end > length) return std::nullopt;
        return xxh3_128(BytesView(file_).substr(at, end));
    }

    Bytes& file_;
    std::uint32_t page_size_ = 0, header_pages_ = 0, data_pages_ = 0;
    int visited_ = 0;
};

}  // namespace

void seal_redb(Bytes& file) {
    if (file.size() >= 512) Sealer(file).run();
}

std::size_t mutate_redb(std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, size_max);
    if (seed % 4 == 0) return size;
    Bytes file(view_of(data, size));
    seal_redb(file);
    std::memcpy(data, file.data(), file.size());
    return file.size();
}

}  // namespace topgun::fuzz
