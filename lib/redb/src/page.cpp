// SPDX-License-Identifier: Apache-2.0
#include "page.hpp"

#include <algorithm>
#include <string>

namespace topgun::redb {
namespace {

constexpr char kLeaf = 1, kBranch = 2;
constexpr std::size_t kLeafHeader = 4, kBranchHeader = 8;
constexpr std::size_t kChecksum = 16, kPageNumber = 8;

Error bad(const char* what) {
    return Error(Errc::bad_input, what);
}

// Reads a page as far as it is needed, and no further.
class Loader {
public:
    Loader(const OpenFile& file, const Place& place) : file_(file), place_(place) {}

    Status ensure(std::uint64_t size) {
        if (size > place_.length) return bad("its content ends behind it");
        if (size <= bytes_.size()) return {};
        Bytes more;
        TOPGUN_TRY(file_.file.read_at(place_.offset + bytes_.size(),
                                      static_cast<std::size_t>(size - bytes_.size()), more));
        bytes_ += more;
        return {};
    }
    Bytes& bytes() noexcept { return bytes_; }

private:
    const OpenFile& file_;
    Place place_;
    Bytes bytes_;
};

// Where the keys of a page begin, which only its first bytes tell.
std::uint64_t index_size(BytesView head, const Widths& widths) {
    const std::uint64_t count = load_le<std::uint16_t>(head.data() + 2);
    const std::uint64_t key_ends = widths.key ? 0 : 4 * count;
    if (head[0] == kBranch) {
        return kBranchHeader + (kChecksum + kPageNumber) * (count + 1) + key_ends;
    }
    return kLeafHeader + key_ends + (widths.value ? 0 : 4 * count);
}

}  // namespace

Page::Page(Bytes bytes, const Widths& widths, bool leaf)
    : bytes_(std::move(bytes)), widths_(widths), leaf_(leaf) {
    count_ = load_le<std::uint16_t>(bytes_.data() + 2);
    const std::size_t children = leaf ? 0 : (kChecksum + kPageNumber) * (count_ + 1);
    key_ends_ = (leaf ? kLeafHeader : kBranchHeader) + children;
    value_ends_ = key_ends_ + (widths.key ? 0 : 4 * count_);
    keys_ = value_ends_ + (leaf && !widths.value ? 4 * count_ : 0);
}

std::uint64_t Page::key_end(std::size_t at) const noexcept {
    if (widths_.key) return keys_ + std::uint64_t{*widths_.key} * (at + 1);
    return load_le<std::uint32_t>(bytes_.data() + key_ends_ + 4 * at);
}

std::uint64_t Page::value_end(std::size_t at) const noexcept {
    if (widths_.value) return key_end(count_ - 1) + std::uint64_t{*widths_.value} * (at + 1);
    return load_le<std::uint32_t>(bytes_.data() + value_ends_ + 4 * at);
}

std::uint64_t Page::end() const noexcept {
    return leaf_ ? value_end(count_ - 1) : key_end(count_ - 1);
}

BytesView Page::key(std::size_t at) const noexcept {
    const auto from = at == 0 ? keys_ : key_end(at - 1);
    return BytesView(bytes_).substr(static_cast<std::size_t>(from),
                                    static_cast<std::size_t>(key_end(at) - from));
}

BytesView Page::value(std::size_t at) const noexcept {
    const auto from = at == 0 ? key_end(count_ - 1) : value_end(at - 1);
    return BytesView(bytes_).substr(static_cast<std::size_t>(from),
                                    static_cast<std::size_t>(value_end(at) - from));
}

Page::Child Page::child(std::size_t at) const noexcept {
    const char* checksums = bytes_.data() + kBranchHeader;
    const char* numbers = checksums + kChecksum * (count_ + 1);
    return {load_le<std::uint64_t>(numbers + kPageNumber * at),
            load_checksum(checksums + kChecksum * at)};
}

Status Page::check_offsets() const {
    std::uint64_t from = keys_;
    for (std::size_t i = 0; i < count_; ++i) {
        if (key_end(i) < from) return bad("a key ends before it begins");
        from = key_end(i);
    }
    for (std::size_t i = 0; leaf_ && i < count_; ++i) {
        if (value_end(i) < from) return bad("a value ends before it begins");
        from = value_end(i);
    }
    return from > bytes_.size() ? bad("its content ends behind it") : Status();
}

Result<Page> Page::leaf(Bytes bytes, const Widths& widths) {
    if (bytes.size() < kLeafHeader || bytes[0] != kLeaf) return bad("is no leaf");
    if (load_le<std::uint16_t>(bytes.data() + 2) == 0) return bad("is empty");
    if (index_size(bytes, widths) > bytes.size()) return bad("its content ends behind it");
    Page page(std::move(bytes), widths, true);
    TOPGUN_TRY(page.check_offsets());
    page.bytes_.resize(static_cast<std::size_t>(page.end()));
    return page;
}

Result<Page> Page::load(const OpenFile& file, std::uint64_t number, const Hash128& checksum,
                        const Widths& widths) {
    auto place = file.header.place(number);
    if (!place) return std::move(place).error();
    const auto parse = [&]() -> Result<Page> {
        Loader in(file, *place);
        TOPGUN_TRY(in.ensure(std::min<std::uint64_t>(place->length, file.header.page_size)));
        const char type = in.bytes()[0];
        if (type != kLeaf && type != kBranch) return bad("is no page of a tree");
        if (load_le<std::uint16_t>(in.bytes().data() + 2) == 0) return bad("is empty");
        TOPGUN_TRY(in.ensure(index_size(in.bytes(), widths)));
        Page page(std::move(in.bytes()), widths, type == kLeaf);
        const auto end = page.end();
        if (end < page.keys_) return bad("a key ends before it begins");
        in.bytes() = std::move(page.bytes_);
        TOPGUN_TRY(in.ensure(end));
        page.bytes_ = std::move(in.bytes());
        page.bytes_.resize(static_cast<std::size_t>(end));
        if (xxh3_128(page.bytes_) != checksum) return bad("its checksum differs");
        TOPGUN_TRY(page.check_offsets());
        return page;
    };
    auto page = parse();
    if (page) return page;
    return std::move(page).error().within("page at byte " + std::to_string(place->offset));
}

}  // namespace topgun::redb
