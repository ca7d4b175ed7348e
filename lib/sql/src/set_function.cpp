// SPDX-License-Identifier: Apache-2.0
#include "set_function.hpp"

#include <algorithm>

namespace topgun::sql {
namespace {

using Adder = void (*)(std::vector<SetFunction>&);
constexpr Adder kAdders[] = {add_series, add_regexp_sets, add_json_sets, add_path_sets};

std::vector<SetFunction> all_functions() {
    std::vector<SetFunction> all;
    for (const auto add : kAdders) add(all);
    std::stable_sort(all.begin(), all.end(),
                     [](const SetFunction& a, const SetFunction& b) { return a.name < b.name; });
    return all;
}

class NoRows final : public SetRows {
public:
    Result<std::size_t> next(std::span<Column>, std::size_t) override { return std::size_t{0}; }
};

class ReadyRows final : public SetRows {
public:
    explicit ReadyRows(std::vector<Column> columns) : columns_(std::move(columns)) {}
    Result<std::size_t> next(std::span<Column> out, std::size_t most) override {
        const auto count = std::min(most, columns_.front().size() - at_);
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i].keep_alive(columns_[i]);
            for (std::size_t row = 0; row < count; ++row) out[i].add_from(columns_[i], at_ + row);
        }
        at_ += count;
        return count;
    }

private:
    std::vector<Column> columns_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<SetRows> no_rows() {
    return std::make_unique<NoRows>();
}
std::unique_ptr<SetRows> rows_of(std::vector<Column> columns) {
    return std::make_unique<ReadyRows>(std::move(columns));
}

SetRows::~SetRows() = default;

std::span<const SetFunction> set_functions() {
    static const std::vector<SetFunction> all = all_functions();
    return all;
}

}  // namespace topgun::sql
