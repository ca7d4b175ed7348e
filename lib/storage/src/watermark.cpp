// SPDX-License-Identifier: Apache-2.0
#include "watermark.hpp"

#include "topgun/base/file.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::storage {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kLargest = 64 * 1024;

std::string file_in(const std::string& folder) {
    return folder + "/database.json";
}

}  // namespace

Result<std::optional<Watermark>> read_watermark(const std::string& folder) {
    const auto text = read_file(file_in(folder), kLargest);
    if (!text && text.error().code() == Errc::io) return text.error().clone();
    if (!text) return std::optional<Watermark>();
    const auto parsed = parse_plain_json(*text);
    if (!parsed) return std::optional<Watermark>();
    const ValueView json(*parsed);
    const auto number = [&](const char* name) {
        const auto field = json.find(name);
        return field ? field->as_uint64() : std::nullopt;
    };
    const auto database = json.find("database");
    const auto log = number("log"), offset = number("offset");
    if (number("version") != kVersion || !database || !database->as_string() || !log || !offset) {
        return std::optional<Watermark>();
    }
    return std::optional(Watermark{std::string(*database->as_string()), {*log, *offset}});
}

Status write_watermark(const std::string& folder, const Watermark& watermark) {
    std::string text = "{\"version\":" + std::to_string(kVersion) + ",\"database\":";
    append_json_string(watermark.database, text);
    text += ",\"log\":" + std::to_string(watermark.place.log) +
            ",\"offset\":" + std::to_string(watermark.place.offset) + "}\n";
    auto file = AtomicFile::create(file_in(folder));
    if (!file) return std::move(file).error();
    TOPGUN_TRY(file->write(text));
    return file->commit();
}

}  // namespace topgun::storage
