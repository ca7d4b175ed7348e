// SPDX-License-Identifier: Apache-2.0
#include "text_postings.hpp"

namespace topgun::search {

void PostingList::append(const Posting& posting) {
    if (empty_ || posting.doc != last_) {
        last_at_ = static_cast<std::uint32_t>(bytes_.size());
        before_last_ = last_;
    }
    append_varint(bytes_, posting.doc - last_);
    const auto field = static_cast<std::uint64_t>(posting.field) << 1;
    append_varint(bytes_, posting.count == 1 ? field : field | 1);
    if (posting.count != 1) append_varint(bytes_, posting.count);
    last_ = posting.doc;
    empty_ = false;
}

void NumberList::assign(const std::vector<std::uint32_t>& numbers) {
    bytes_.clear();
    std::uint32_t last = 0;
    for (const auto number : numbers) {
        append_varint(bytes_, number - last);
        last = number;
    }
    bytes_.shrink_to_fit();
}

void NumberList::read(std::vector<std::uint32_t>& out) const {
    const char* at = bytes_.data();
    const char* const end = at + bytes_.size();
    std::uint32_t number = 0;
    while (at != end) {
        number += static_cast<std::uint32_t>(read_varint(at));
        out.push_back(number);
    }
}

}  // namespace topgun::search
