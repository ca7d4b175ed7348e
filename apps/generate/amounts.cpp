// SPDX-License-Identifier: Apache-2.0
#include "amounts.hpp"

#include <charconv>
#include <cmath>

#include "common/options.hpp"

namespace topgun::cli {
namespace {

template <typename Value>
CLI::Option* add_parsed(CLI::App& app, const std::string& names, Value& target,
                        Result<Value> (*parse)(std::string_view), const char* value_name,
                        const std::string& description) {
    auto assign = [&target, parse, names](const std::string& text) {
        auto value = parse(text);
        if (!value) throw CLI::ValidationError(names, value.error().text());
        target = *value;
    };
    return app.add_option_function<std::string>(names, std::move(assign), description)
        ->type_name(value_name);
}

}  // namespace

std::uint64_t Amount::of(std::uint64_t records) const noexcept {
    return count + static_cast<std::uint64_t>(std::llround(static_cast<double>(records) * share));
}

Result<double> parse_share(std::string_view text) {
    const bool percent = text.ends_with('%');
    const auto digits = percent ? text.substr(0, text.size() - 1) : text;
    double share = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), share);
    if (read.ec == std::errc() && read.ptr == digits.data() + digits.size()) {
        if (percent) share /= 100;
        if (share >= 0 && share <= 1) return share;
    }
    return Error(Errc::usage, "'" + std::string(text) + "' is no share such as 0.05 or 5%");
}

Result<Amount> parse_amount(std::string_view text) {
    Amount amount;
    if (text.find_first_of(".%") == std::string_view::npos) {
        const auto count = parse_count(text);
        if (!count) {
            return Error(Errc::usage, "'" + std::string(text) +
                                          "' is neither a count such as 100 or 1k nor a share such "
                                          "as 0.05 or 5%");
        }
        amount.count = *count;
        return amount;
    }
    const auto share = parse_share(text);
    if (!share) return Error(Errc::usage, share.error().message());
    amount.share = *share;
    return amount;
}

CLI::Option* add_share_option(CLI::App& app, const std::string& names, double& share,
                              const std::string& description) {
    return add_parsed(app, names, share, parse_share, "SHARE", description);
}

CLI::Option* add_amount_option(CLI::App& app, const std::string& names, Amount& amount,
                               const std::string& description) {
    return add_parsed(app, names, amount, parse_amount, "AMOUNT", description);
}

}  // namespace topgun::cli
