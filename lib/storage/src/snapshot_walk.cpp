// SPDX-License-Identifier: Apache-2.0
#include "snapshot_walk.hpp"

#include <algorithm>

#include "snapshot_layout.hpp"

namespace topgun::storage {
namespace {

// Forged headers can make the walk hash the rest of the file again and again. Beyond this many
// times the file's size it believes the lengths of frames whose content is damaged.
constexpr std::uint64_t kSearchEffort = 16;
constexpr std::uint64_t kFreeSearch = std::uint64_t{1} << 20;

class Walk {
public:
    Walk(const InputFile& file, const WalkEvents& events) : file_(file), events_(events) {}

    Status run() {
        TOPGUN_TRY(find_footer());
        auto at = std::min<std::uint64_t>(kSnapshotHeader, end_);
        while (end_ - at >= kFrameHeader) {
            auto next = step(at);
            if (!next) return std::move(next).error();
            at = *next;
        }
        if (at < end_) damage_from(at, "no block can be recognised");
        close_damage(end_);
        if (!footer_damage_.empty()) {
            events_.on_damage(end_, file_.size() - end_, std::move(footer_damage_));
        }
        return {};
    }

private:
    // Sets `end_`, where frames end, and what is wrong with the footer.
    Status find_footer() {
        const auto size = file_.size();
        end_ = size;
        footer_damage_ = "the footer is missing";
        if (size < kSnapshotHeader + kSnapshotFooter) return {};
        Bytes footer;
        TOPGUN_TRY(file_.read_at(size - kSnapshotFooter, kSnapshotFooter, footer));
        const bool magic = footer.ends_with(kSnapshotEndMagic);
        const bool check =
            load_le<std::uint64_t>(footer.data() + 24) == xxh3_64(BytesView(footer).substr(0, 24));
        if (!magic && !check) return {};
        end_ = size - kSnapshotFooter;
        footer_damage_ = !check   ? "the footer's checksum differs"
                         : !magic ? "the footer's last bytes are damaged"
                         : load_le<std::uint64_t>(footer.data() + 16) != size
                             ? "the footer is for a file of another size"
                             : "";
        return {};
    }

    // Handles what stands at `at` and returns where to go on.
    Result<std::uint64_t> step(std::uint64_t at) {
        auto head = view(at, kFrameHeader);
        if (!head) return std::move(head).error();
        const auto header = parse_frame_header(*head);
        if (!header) {
            damage_from(at, "no block can be recognised");
            return search(at + 1);
        }
        const auto length = kFrameHeader + std::uint64_t{header->stored};
        if (length > end_ - at) {
            damage_from(at, "the file ends inside a block");
            return search(at + 1);
        }
        auto bytes = view(at, length);
        if (!bytes) return std::move(bytes).error();
        auto decoded = decoder_.decode(*bytes, raw_);
        if (decoded) {
            close_damage(at);
            events_.on_frame(FrameRef{at, length}, *decoded, raw_);
            return at + length;
        }
        effort_ += length;
        damage_from(at, decoded.error().text());
        // Where bytes are missing or too many, the next frame does not stand where it should.
        if (effort_ / kSearchEffort <= file_.size() + kFreeSearch &&
            end_ - at - length >= kFrameHeader) {
            auto next = view(at + length, kFrameHeader);
            if (!next) return std::move(next).error();
            if (!parse_frame_header(*next)) return search(at + 1);
        }
        close_damage(at + length);
        return at + length;
    }

    // The next place from `at` on where a frame may begin.
    Result<std::uint64_t> search(std::uint64_t at) {
        char magic[4];
        store_le(magic, kFrameMagic);
        while (at < end_) {
            auto rest = view(at, std::min(kWindow, end_ - at));
            if (!rest) return std::move(rest).error();
            const auto found = rest->find(BytesView(magic, sizeof magic));
            if (found != BytesView::npos) return at + found;
            if (at + rest->size() == end_) break;
            at += rest->size() - (sizeof magic - 1);
        }
        return end_;
    }

    Result<BytesView> view(std::uint64_t from, std::uint64_t length) {
        if (from < window_offset_ || from + length > window_offset_ + window_.size()) {
            window_offset_ = from;
            TOPGUN_TRY(
                file_.read_at(from, std::min(std::max(kWindow, length), end_ - from), window_));
        }
        return BytesView(window_).substr(from - window_offset_, length);
    }

    void damage_from(std::uint64_t at, std::string what) {
        if (in_damage_) return;
        in_damage_ = true;
        damage_start_ = at;
        what_ = std::move(what);
    }
    void close_damage(std::uint64_t until) {
        if (in_damage_) events_.on_damage(damage_start_, until - damage_start_, std::move(what_));
        in_damage_ = false;
    }

    static constexpr std::uint64_t kWindow = std::uint64_t{4} << 20;
    const InputFile& file_;
    const WalkEvents& events_;
    FrameDecoder decoder_;
    Bytes window_, raw_;
    std::uint64_t window_offset_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t effort_ = 0;  // bytes hashed in vain
    bool in_damage_ = false;
    std::uint64_t damage_start_ = 0;
    std::string what_, footer_damage_;
};

bool holds_rows(const Mark& mark) {
    return mark.type == FrameType::rows && mark.map != nullptr;
}

// Damage where frames are known to stand: all of them, and no others, are hit.
void name_from_hit(const std::vector<const Mark*>& hit, SnapshotDamage& damage) {
    const MapId* map = hit.front()->map;
    std::uint32_t first = 0xffffffffu, last = 0;
    bool rows = false;
    for (const auto* mark : hit) {
        if (mark->map != map) return;  // several maps: no single name is right
        if (!holds_rows(*mark)) continue;
        rows = true;
        first = std::min(first, mark->first_hash);
        last = std::max(last, mark->last_hash);
    }
    damage.map = map->name;
    if (rows) {
        damage.hash_first = hex32(first);
        damage.hash_last = hex32(last);
    }
}

// Damage between known frames: a map's removed tags, rows and sections follow each other.
void name_from_neighbours(const Mark* before, const Mark* after, SnapshotDamage& damage) {
    const auto section = [](const Mark* mark) { return mark == nullptr || mark->map == nullptr; };
    const MapId* map = nullptr;
    std::uint32_t first = 0, last = 0xffffffffu;
    if (!section(before) && !section(after)) {
        if (before->map != after->map) return;
        map = before->map;
    } else if (!section(before) && after != nullptr) {
        map = before->map;
    } else if (!section(after)) {
        map = after->map;
    }
    if (map == nullptr) return;
    if (!section(before) && holds_rows(*before)) first = before->last_hash;
    if (!section(after) && holds_rows(*after)) last = after->first_hash;
    damage.map = map->name;
    damage.hash_first = hex32(first);
    damage.hash_last = hex32(last);
}

}  // namespace

Status walk_frames(const InputFile& file, const WalkEvents& events) {
    return Walk(file, events).run();
}

void name_damage(const std::vector<Mark>& marks, std::vector<SnapshotDamage>& damage) {
    for (auto& stretch : damage) {
        const auto end = stretch.offset + stretch.length;
        const auto at = std::partition_point(marks.begin(), marks.end(), [&](const Mark& mark) {
            return mark.end <= stretch.offset;
        });
        std::vector<const Mark*> hit;
        for (auto mark = at; mark != marks.end() && mark->offset < end; ++mark) {
            if (mark->map != nullptr) hit.push_back(&*mark);
        }
        if (!hit.empty()) {
            name_from_hit(hit, stretch);
        } else if (at != marks.end() || stretch.length > 0) {
            name_from_neighbours(at == marks.begin() ? nullptr : &*(at - 1),
                                 at == marks.end() ? nullptr : &*at, stretch);
        }
    }
}

}  // namespace topgun::storage
