// SPDX-License-Identifier: Apache-2.0
// Source of names and defaults: pg_proc of PostgreSQL 15.
#include "named_arguments.hpp"

#include <algorithm>

namespace topgun::sql {
namespace {

struct Signature {
    std::string_view function;
    std::vector<NamedArgument> arguments;
};

const std::vector<Signature>& signatures() {
    static const std::vector<Signature> all = [] {
        std::vector<Signature> out{
            {"make_interval",
             {{"years", "0"},
              {"months", "0"},
              {"weeks", "0"},
              {"days", "0"},
              {"hours", "0"},
              {"mins", "0"},
              {"secs", "0"}}},
            {"make_date", {{"year", ""}, {"month", ""}, {"day", ""}}},
            {"make_time", {{"hour", ""}, {"min", ""}, {"sec", ""}}},
            {"jsonb_set",
             {{"jsonb_in", ""}, {"path", ""}, {"replacement", ""}, {"create_if_missing", "true"}}},
            {"jsonb_set_lax",
             {{"jsonb_in", ""},
              {"path", ""},
              {"replacement", ""},
              {"create_if_missing", "true"},
              {"null_value_treatment", "use_json_null"}}},
            {"parse_ident", {{"str", ""}, {"strict", "true"}}},
            {"jsonb_insert",
             {{"jsonb_in", ""}, {"path", ""}, {"replacement", ""}, {"insert_after", "false"}}},
        };
        for (const auto* name : {"make_timestamp", "make_timestamptz"}) {
            out.push_back({name,
                           {{"year", ""},
                            {"month", ""},
                            {"mday", ""},
                            {"hour", ""},
                            {"min", ""},
                            {"sec", ""}}});
        }
        auto zoned = out.back();
        zoned.arguments.push_back({"timezone", ""});
        out.push_back(std::move(zoned));
        for (const auto* name : {"jsonb_path_exists", "jsonb_path_match", "jsonb_path_query",
                                 "jsonb_path_query_array", "jsonb_path_query_first"}) {
            out.push_back(
                {name, {{"target", ""}, {"path", ""}, {"vars", "{}"}, {"silent", "false"}}});
        }
        for (const auto* name : {"jsonb_array_elements", "jsonb_array_elements_text", "jsonb_each",
                                 "jsonb_each_text", "json_array_elements", "json_each"}) {
            out.push_back({name, {{"from_json", ""}}});
        }
        return out;
    }();
    return all;
}

}  // namespace

std::vector<NamedArgument> named_arguments(std::string_view function,
                                           const std::vector<std::string>& names) {
    for (const auto& signature : signatures()) {
        if (signature.function != function) continue;
        const auto knows = [&signature](const std::string& name) {
            return std::any_of(signature.arguments.begin(), signature.arguments.end(),
                               [&name](const auto& argument) { return argument.name == name; });
        };
        if (std::all_of(names.begin(), names.end(), knows)) return signature.arguments;
    }
    return {};
}

}  // namespace topgun::sql
