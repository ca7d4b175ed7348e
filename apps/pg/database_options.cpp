// SPDX-License-Identifier: Apache-2.0
#include "database_options.hpp"

#include "common/options.hpp"
#include "common/signals.hpp"

namespace topgun::cli {

void add_database_argument(CLI::App& app, std::string& url) {
    app.add_option("database", url,
                   "postgres://[USER@]HOST[:PORT]/DATABASE[#TABLE], or what libpq takes")
        ->type_name("DATABASE")
        ->required();
}

void add_jobs_option(CLI::App& app, unsigned& jobs, const std::string& description) {
    constexpr unsigned kMost = 64;
    app.add_option("-j,--jobs", jobs, description)->type_name("N")->check(CLI::Range(1U, kMost));
}

CLI::Option* add_source_option(CLI::App& app, const std::string& names, std::string& path,
                               const std::string& description) {
    return add_file_option(app, names, path, description)->type_name("SOURCE");
}

Result<std::unique_ptr<pg::Connection>> open_database(const std::string& url, bool read_only) {
    pg::ConnectOptions options;
    options.target = pg::split_table_url(url).url;
    options.read_only = read_only;
    options.stop = [] { return cancel_requested(); };
    return pg::Connection::open(std::move(options));
}

Result<pg::MapTable> choose_table(pg::Connection& connection, const std::string& url) {
    auto table = pg::choose_map_table(connection, pg::split_table_url(url).table);
    if (!table) return std::move(table).error().within(connection.name());
    return table;
}

std::string_view generation_word(maptable::Generation generation) {
    return generation == maptable::Generation::jsonb ? "jsonb" : "bytea";
}

std::vector<std::string> split_words(const std::vector<std::string>& lists) {
    std::vector<std::string> out;
    for (const auto& list : lists) {
        for (std::size_t at = 0; at <= list.size();) {
            const auto end = std::min(list.find(',', at), list.size());
            out.push_back(list.substr(at, end - at));
            at = end + 1;
        }
    }
    return out;
}

}  // namespace topgun::cli
