// SPDX-License-Identifier: Apache-2.0
// The directory is a MessagePack map, so that later versions can add fields that this one skips.
#include "snapshot_layout.hpp"

#include "packed.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::storage {
namespace {

using msgpack::Reader;
using msgpack::Writer;

// All fields of version 1. A later version may add some, but a reader cannot do without these; that
// also keeps a forged directory from being many times larger in memory than in the file.
constexpr unsigned kFields = 19;

Error damaged(const char* what) {
    return Error(Errc::bad_input, what);
}

void write_hash(Writer& writer, const Hash128& hash) {
    Bytes bytes;
    append_be(bytes, hash.high);
    append_be(bytes, hash.low);
    writer.binary(bytes);
}

void write_ref(Writer& writer, const FrameRef& ref) {
    writer.array(2);
    writer.unsigned_integer(ref.offset);
    writer.unsigned_integer(ref.length);
}

void write_entry(Writer& writer, const DirectoryEntry& entry) {
    const auto& facts = entry.facts;
    const auto number = [&writer](const char* name, std::uint64_t value) {
        writer.string(name);
        writer.unsigned_integer(value);
    };
    const auto ref = [&writer](const char* name, const FrameRef& value) {
        writer.string(name);
        write_ref(writer, value);
    };
    writer.map(kFields);
    writer.string("name");
    writer.string(facts.id.name);
    number("kind", static_cast<std::uint64_t>(facts.id.kind));
    number("records", facts.records);
    number("keys", facts.keys);
    number("tombstones", facts.tombstones);
    number("keyBytes", facts.key_bytes);
    number("valueBytes", facts.value_bytes);
    number("root", facts.root);
    number("removedContent", facts.removed_content);
    writer.string("positive");
    writer.real(facts.positive);
    writer.string("negative");
    writer.real(facts.negative);
    writer.string("content");
    write_hash(writer, facts.content);
    writer.string("nodes");
    writer.array(facts.nodes.size());
    for (const auto& [name, node] : facts.nodes) {
        writer.array(8);
        writer.string(name);
        for (const std::uint64_t value : {node.records, node.tombstones, node.bytes,
                                          node.first.millis, std::uint64_t{node.first.counter},
                                          node.last.millis, std::uint64_t{node.last.counter}}) {
            writer.unsigned_integer(value);
        }
    }
    ref("leafSums", entry.layout.leaf_sums);
    ref("leafContent", entry.layout.leaf_content);
    ref("sketch", entry.layout.sketch);
    ref("expiry", entry.layout.expiry);
    ref("fields", entry.layout.fields);
    ref("blocks", entry.layout.block_index);
}

bool read_ref(Reader& reader, FrameRef& ref) {
    std::uint32_t elements = 0;
    return reader.read_array(elements) && elements == 2 &&
           reader.read_unsigned(ref.offset, ~std::uint64_t{0}) &&
           reader.read_unsigned(ref.length, ~std::uint64_t{0});
}

bool read_hash(Reader& reader, Hash128& hash) {
    BytesView bytes;
    if (!reader.read_binary(bytes) || bytes.size() != 16) return false;
    hash.high = load_be<std::uint64_t>(bytes.data());
    hash.low = load_be<std::uint64_t>(bytes.data() + 8);
    return true;
}

bool read_nodes(Reader& reader, MapFacts& facts) {
    std::uint32_t count = 0;
    if (!reader.read_array(count)) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint32_t elements = 0;
        std::string_view name;
        NodeFacts node;
        std::uint64_t first_counter = 0, last_counter = 0;
        constexpr auto kAny = ~std::uint64_t{0};
        if (!reader.read_array(elements) || elements != 8 || !reader.read_string(name) ||
            !reader.read_unsigned(node.records, kAny) ||
            !reader.read_unsigned(node.tombstones, kAny) ||
            !reader.read_unsigned(node.bytes, kAny) ||
            !reader.read_unsigned(node.first.millis, kMaxMillis) ||
            !reader.read_unsigned(first_counter, kMaxCounter) ||
            !reader.read_unsigned(node.last.millis, kMaxMillis) ||
            !reader.read_unsigned(last_counter, kMaxCounter)) {
            return false;
        }
        node.first.counter = static_cast<std::uint32_t>(first_counter);
        node.last.counter = static_cast<std::uint32_t>(last_counter);
        const bool counter = facts.id.kind == MapKind::counter;
        if (!counter) node.first.node_id = node.last.node_id = name;
        facts.nodes.emplace(name, std::move(node));
    }
    return true;
}

bool read_field(Reader& reader, std::string_view field, DirectoryEntry& entry, unsigned& seen) {
    auto& facts = entry.facts;
    auto& layout = entry.layout;
    const std::pair<std::string_view, std::uint64_t*> numbers[] = {
        {"records", &facts.records},        {"keys", &facts.keys},
        {"tombstones", &facts.tombstones},  {"keyBytes", &facts.key_bytes},
        {"valueBytes", &facts.value_bytes}, {"removedContent", &facts.removed_content}};
    const std::pair<std::string_view, FrameRef*> refs[] = {
        {"leafSums", &layout.leaf_sums}, {"leafContent", &layout.leaf_content},
        {"sketch", &layout.sketch},      {"expiry", &layout.expiry},
        {"fields", &layout.fields},      {"blocks", &layout.block_index}};
    ++seen;
    for (const auto& [name, to] : numbers) {
        if (field == name) return reader.read_unsigned(*to, ~std::uint64_t{0});
    }
    for (const auto& [name, to] : refs) {
        if (field == name) return read_ref(reader, *to);
    }
    std::uint64_t number = 0;
    std::string_view text;
    bool ok = true;
    if (field == "name") {
        ok = reader.read_string(text);
        facts.id.name = text;
    } else if (field == "kind") {
        ok = reader.read_unsigned(number, static_cast<std::uint64_t>(MapKind::counter));
        facts.id.kind = static_cast<MapKind>(number);
    } else if (field == "root") {
        ok = reader.read_unsigned(number, 0xffffffffu);
        facts.root = static_cast<std::uint32_t>(number);
    } else if (field == "positive") {
        ok = reader.read_double(facts.positive);
    } else if (field == "negative") {
        ok = reader.read_double(facts.negative);
    } else if (field == "content") {
        ok = read_hash(reader, facts.content);
    } else if (field == "nodes") {
        ok = read_nodes(reader, facts);
    } else {
        --seen;
        ok = reader.skip();
    }
    return ok;
}

bool read_entry(Reader& reader, DirectoryEntry& entry) {
    std::uint32_t pairs = 0;
    unsigned seen = 0;
    if (!reader.read_map(pairs)) return false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view field;
        if (!reader.read_string(field) || !read_field(reader, field, entry, seen)) return false;
    }
    return seen == kFields;
}

}  // namespace

void encode_directory(const std::vector<DirectoryEntry>& entries, Bytes& out) {
    Writer writer(out);
    writer.map(1);
    writer.string("maps");
    writer.array(entries.size());
    for (const auto& entry : entries) write_entry(writer, entry);
}

Result<std::vector<DirectoryEntry>> decode_directory(BytesView raw) {
    Reader reader(raw);
    std::vector<DirectoryEntry> entries;
    std::uint32_t pairs = 0;
    if (!reader.read_map(pairs)) return damaged("the directory is not a map");
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view field;
        if (!reader.read_string(field)) return damaged("the directory has a field without name");
        if (field != "maps") {
            if (!reader.skip()) return damaged("the directory is malformed");
            continue;
        }
        std::uint32_t count = 0;
        if (!reader.read_array(count)) return damaged("the directory's maps are not a list");
        for (std::uint32_t m = 0; m < count; ++m) {
            DirectoryEntry entry;
            if (!read_entry(reader, entry))
                return damaged("the directory's entry of a map is malformed");
            if (!entries.empty() && !(entries.back().facts.id < entry.facts.id)) {
                return damaged("the directory's maps are out of order");
            }
            entries.push_back(std::move(entry));
        }
    }
    if (!reader.at_end()) return damaged("the directory has bytes behind its end");
    return entries;
}

void encode_block_index(const BlockIndex& index, Bytes& out) {
    put_varint(out, index.offset);
    put_varint(out, index.removed_lengths.size());
    put_varint(out, index.lengths.size());
    put_column(out, index.removed_lengths);
    put_column(out, index.lengths);
    // Hashes ascend evenly, so the steps between them are a byte shorter than they are.
    std::vector<std::uint64_t> steps(index.first_hashes);
    for (std::size_t i = steps.size(); i-- > 1;) steps[i] -= steps[i - 1];
    put_column(out, steps);
}

Result<BlockIndex> decode_block_index(BytesView raw, std::uint64_t file_bytes) {
    PackedReader in(raw);
    BlockIndex index;
    index.offset = in.varint();
    const auto removed = in.varint();
    const auto rows = in.varint();
    // Equal lengths take no space in the index, but the blocks themselves do in the file.
    const auto most = file_bytes / kFrameHeader;
    if (!in.ok() || index.offset > file_bytes || removed > most || rows > most ||
        !in.column(removed, index.removed_lengths) || !in.column(rows, index.lengths) ||
        !in.column(rows, index.first_hashes) || !in.at_end()) {
        return damaged("the block index is malformed");
    }
    auto left = file_bytes - index.offset;
    for (const auto* lengths : {&index.removed_lengths, &index.lengths}) {
        for (const auto length : *lengths) {
            if (length < kFrameHeader || length > left || length > 0xffffffffu) {
                return damaged("the block index points behind the end of the file");
            }
            left -= length;
        }
    }
    std::uint64_t hash = 0;
    for (auto& step : index.first_hashes) {
        if (step > 0xffffffffu - hash) return damaged("the block index is out of order");
        step = hash += step;
    }
    return index;
}

void encode_leaf_sums(const Trie& trie, Bytes& out) {
    // Only leaves with keys: a small map's trie is small.
    std::vector<std::uint64_t> leaves, counts;
    for (std::size_t i = 0; i < trie.leaf_count(); ++i) {
        if (trie.leaf_keys()[i] == 0) continue;
        leaves.push_back(i);
        counts.push_back(trie.leaf_keys()[i]);
    }
    put_varint(out, leaves.size());
    put_column(out, leaves);
    put_column(out, counts);
    for (const auto leaf : leaves) append_le(out, trie.leaf_sums()[leaf]);
}

Result<Trie> decode_leaf_sums(BytesView raw) {
    PackedReader in(raw);
    std::vector<std::uint64_t> leaves, counts;
    Trie empty;
    const auto count = in.varint();
    if (!in.ok() || count > empty.leaf_count() || !in.column(count, leaves) ||
        !in.column(count, counts) || in.left() != count * 4) {
        return damaged("the trie's leaves are malformed");
    }
    std::vector<std::uint32_t> sums(empty.leaf_count()), keys(empty.leaf_count());
    for (std::size_t i = 0; i < count; ++i) {
        if (leaves[i] >= sums.size()) return damaged("the trie has no such leaf");
        keys[leaves[i]] = static_cast<std::uint32_t>(counts[i]);
        sums[leaves[i]] = load_le<std::uint32_t>(in.bytes(4).data());
    }
    return Trie(Trie::kWireDepth, std::move(sums), std::move(keys));
}

void encode_leaf_content(const std::vector<std::uint64_t>& content, std::uint64_t removed,
                         Bytes& out) {
    std::vector<std::uint64_t> leaves;
    for (std::size_t i = 0; i < content.size(); ++i) {
        if (content[i] != 0) leaves.push_back(i);
    }
    append_le(out, removed);
    put_varint(out, leaves.size());
    put_column(out, leaves);
    for (const auto leaf : leaves) append_le(out, content[leaf]);
}

Status decode_leaf_content(BytesView raw, MapFacts& facts) {
    PackedReader in(raw);
    std::vector<std::uint64_t> leaves;
    in.bytes(8);  // the removed tags' sum, which the directory holds as well
    const auto count = in.varint();
    facts.leaf_content.assign(facts.trie.leaf_count(), 0);
    if (!in.ok() || count > facts.leaf_content.size() || !in.column(count, leaves) ||
        in.left() != count * 8) {
        return damaged("the content sums are malformed");
    }
    for (const auto leaf : leaves) {
        if (leaf >= facts.leaf_content.size()) return damaged("the content sums have no such leaf");
        facts.leaf_content[leaf] = load_le<std::uint64_t>(in.bytes(8).data());
    }
    return {};
}

void encode_expiry(const ExpiryHistogram& expiry, Bytes& out) {
    const auto buckets = expiry.buckets();
    std::vector<std::uint64_t> counts;
    out.push_back(static_cast<char>(expiry.shift()));
    put_varint(out, buckets.size());
    std::uint64_t last = 0;
    for (const auto& [start, count] : buckets) {
        put_varint(out, (start >> expiry.shift()) - last);
        last = start >> expiry.shift();
        counts.push_back(count);
    }
    put_column(out, counts);
}

namespace {

void put_counts(Bytes& out, const KindCounts& counts) {
    for (const auto count : counts.counts) put_varint(out, count);
}

void read_counts(PackedReader& in, KindCounts& counts) {
    for (auto& count : counts.counts) count = in.varint();
}

}  // namespace

void encode_fields(const FieldFacts& fields, Bytes& out) {
    out.push_back(fields.too_many ? '\1' : '\0');
    put_counts(out, fields.whole);
    put_varint(out, fields.fields.size());
    for (const auto& [name, counts] : fields.fields) {
        put_text(out, name);
        put_counts(out, counts);
    }
}

Status decode_fields(BytesView raw, FieldFacts& fields) {
    PackedReader in(raw);
    fields = {};
    const auto too_many = in.byte();
    read_counts(in, fields.whole);
    const auto count = in.varint();
    if (!in.ok() || too_many > 1 || count > FieldFacts::kMostFields) {
        return damaged("the fields are malformed");
    }
    fields.too_many = too_many == 1;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto name = in.text();
        if (!in.ok() || !is_utf8(name)) return damaged("the name of a field is malformed");
        if (!fields.fields.empty() && !(fields.fields.rbegin()->first < name)) {
            return damaged("the fields are out of order");
        }
        fields.name_bytes += name.size();
        read_counts(in,
                    fields.fields.emplace_hint(fields.fields.end(), name, KindCounts{})->second);
    }
    if (!in.ok() || !in.at_end()) return damaged("the fields are malformed");
    return {};
}

Status decode_expiry(BytesView raw, ExpiryHistogram& expiry) {
    PackedReader in(raw);
    const auto shift = in.byte();
    const auto count = in.varint();
    if (!in.ok() || shift > 63 || count > ExpiryHistogram::kMaxBuckets) {
        return damaged("the expiry times are malformed");
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets(count);
    std::uint64_t last = 0;
    for (auto& bucket : buckets) {
        last += in.varint();
        if (!in.ok()) break;
        bucket.first = last << shift;
    }
    std::vector<std::uint64_t> counts;
    if (!in.ok() || !in.column(count, counts) || !in.at_end()) {
        return damaged("the expiry times are malformed");
    }
    for (std::size_t i = 0; i < count; ++i) buckets[i].second = counts[i];
    expiry.restore(shift, buckets);
    return {};
}

}  // namespace topgun::storage
