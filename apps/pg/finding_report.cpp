// SPDX-License-Identifier: Apache-2.0
#include "finding_report.hpp"

#include <numeric>

#include "common/text.hpp"

namespace topgun::cli {
namespace {

using maptable::Problem;
using maptable::ProblemInfo;
using maptable::Severity;

constexpr std::array kWorstFirst = {Severity::error, Severity::warning, Severity::notice};

Style style_of(Severity severity) {
    switch (severity) {
        case Severity::error: return Style::bad;
        case Severity::warning: return Style::warning;
        default: return Style::dim;
    }
}

// Findings of a whole map have no key, those of a whole table neither map nor key.
std::string place(std::string_view map, std::string_view key, bool is_backup) {
    if (map.empty() && key.empty()) return "the table";
    auto out = "map " + printable(map);
    if (!key.empty()) out += ", key " + printable(key);
    if (is_backup) out += " (replica copy)";
    return out;
}

}  // namespace

std::string_view repair_word(maptable::Repair repair) {
    constexpr std::string_view kWords[] = {"never", "on request", "safe"};
    return kWords[static_cast<std::size_t>(repair)];
}

void write_finding(JsonWriter& json, const maptable::Finding& finding) {
    const auto& info = maptable::problem_info(finding.problem);
    json.begin_object().field("class", info.id).field("problem", info.word);
    json.field("severity", maptable::severity_name(info.severity));
    json.field("map", finding.map).field("key", finding.key);
    json.field("replicaCopy", finding.is_backup).field("what", finding.what);
    json.field("repair", repair_word(info.repair)).end_object();
}

void FindingReport::add(const maptable::Finding& finding) {
    const auto problem = static_cast<std::size_t>(finding.problem);
    ++counts_[problem];
    auto& kept = kept_[problem];
    if (kept.size() >= samples_) return;
    kept.push_back(
        {std::string(finding.map), std::string(finding.key), finding.what, finding.is_backup});
}

std::uint64_t FindingReport::count(Severity severity) const {
    std::uint64_t out = 0;
    for (const auto& info : maptable::problem_infos()) {
        if (info.severity == severity) out += count(info.problem);
    }
    return out;
}

std::uint64_t FindingReport::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

void FindingReport::print(Streams io) const {
    auto& out = io.out;
    for (const auto severity : kWorstFirst) {
        for (const auto& info : maptable::problem_infos()) {
            if (info.severity != severity || count(info.problem) == 0) continue;
            out << out.styled(style_of(severity), maptable::severity_name(severity)) << ' '
                << out.styled(Style::bold, std::string(info.id) + " " + std::string(info.word))
                << " (" << human_count(count(info.problem)) << "): " << info.title << '\n';
            const auto& kept = samples_of(info.problem);
            for (const auto& sample : kept) {
                out << "  " << place(sample.map, sample.key, sample.is_backup) << ": "
                    << printable(sample.what) << '\n';
            }
            if (kept.size() < count(info.problem)) {
                out << "  ... and " << human_count(count(info.problem) - kept.size())
                    << " more (--all names all)\n";
            }
            out << "  -> " << info.advice << '\n';
        }
    }
}

void FindingReport::write(JsonWriter& json) const {
    json.field("findings", total()).key("bySeverity").begin_object();
    for (const auto severity : kWorstFirst) {
        json.field(maptable::severity_name(severity), count(severity));
    }
    json.end_object().key("problems").begin_array();
    for (const auto& info : maptable::problem_infos()) {
        if (count(info.problem) == 0) continue;
        json.begin_object().field("class", info.id).field("problem", info.word);
        json.field("severity", maptable::severity_name(info.severity));
        json.field("count", count(info.problem)).field("title", info.title);
        json.field("repair", repair_word(info.repair)).field("advice", info.advice);
        json.key("samples").begin_array();
        for (const auto& sample : samples_of(info.problem)) {
            json.begin_object().field("map", sample.map).field("key", sample.key);
            json.field("replicaCopy", sample.is_backup).field("what", sample.what).end_object();
        }
        json.end_array().end_object();
    }
    json.end_array();
}

}  // namespace topgun::cli
