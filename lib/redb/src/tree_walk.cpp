// SPDX-License-Identifier: Apache-2.0
#include "tree_walk.hpp"

namespace topgun::redb {

TreeWalk::TreeWalk(std::shared_ptr<const OpenFile> file, const std::optional<Root>& root,
                   Widths widths, KeyOrder order)
    : file_(std::move(file)), root_(root), widths_(widths), order_(order) {}

Result<bool> TreeWalk::next() {
    if (leaf_) {
        if (++entry_ < leaf_->count()) return true;
        last_key_ = leaf_->key(leaf_->count() - 1);
        has_last_ = true;
        leaf_.reset();
    }
    while (!leaf_) {
        Status status;
        if (root_) {
            const auto root = *root_;
            root_.reset();
            status = visit(root.page, root.checksum);
        } else if (path_.empty()) {
            return false;
        } else if (path_.back().next > path_.back().page.count()) {
            path_.pop_back();
        } else {
            // The level may move when the path grows.
            const auto child = path_.back().page.child(path_.back().next++);
            status = visit(child.page, child.checksum);
        }
        if (!status) return file_->explain(std::move(status).error());
    }
    entry_ = 0;
    return true;
}

Status TreeWalk::visit(std::uint64_t number, const Hash128& checksum) {
    // Whoever forged checksums may let a page stand in many places; a tree has each once.
    if (pages_ >= file_->header.file_size / file_->header.page_size) {
        path_.clear();
        return Error(Errc::bad_input, "a tree has more pages than the file");
    }
    ++pages_;
    auto page = Page::load(*file_, number, checksum, widths_);
    if (!page) return std::move(page).error();
    bytes_ += page->size();
    const auto place = [&](Error error) {
        return std::move(error).within("page at byte " +
                                       std::to_string(file_->header.place(number)->offset));
    };
    if (auto ordered = check_order(*page); !ordered) return place(std::move(ordered).error());
    if (page->is_leaf()) {
        leaf_ = std::move(*page);
        return {};
    }
    if (path_.size() == kDeepest) {
        return place(Error(Errc::bad_input, "the tree is deeper than 32 pages"));
    }
    path_.push_back({std::move(*page), 0});
    return {};
}

Status TreeWalk::check_order(const Page& page) const {
    if (order_ == KeyOrder::unknown) return {};
    for (std::size_t i = 1; i < page.count(); ++i) {
        if (page.key(i - 1) >= page.key(i)) {
            return Error(Errc::bad_input, "its keys are not in order");
        }
    }
    const auto first = page.key(0), last = page.key(page.count() - 1);
    if ((has_last_ && page.is_leaf() && first <= last_key_) || !fits(first) || !fits(last)) {
        return Error(Errc::bad_input, "its keys do not belong into its place in the tree");
    }
    return {};
}

// Keys of a child are above the branch's key in front of it, and up to that behind it.
bool TreeWalk::fits(BytesView key) const {
    for (const auto& level : path_) {
        const auto child = level.next - 1;
        if (child > 0 && key <= level.page.key(child - 1)) return false;
        if (child < level.page.count() && key > level.page.key(child)) return false;
    }
    return true;
}

}  // namespace topgun::redb
