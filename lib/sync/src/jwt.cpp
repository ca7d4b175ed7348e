// SPDX-License-Identifier: Apache-2.0
// Source: RFC 7515 and RFC 7519, as far as TopGun's server goes.
#include "topgun/sync/jwt.hpp"

#include <algorithm>

#include "topgun/base/sha2.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sync {
namespace {

Error refused(const char* why) {
    return Error(Errc::bad_input, std::string("token: ") + why);
}

// The decoded part as a value, which must be a map.
Result<Bytes> decode_part(std::string_view part) {
    auto json = base64url_decode(part);
    if (!json) return std::move(json).error();
    auto value = parse_plain_json(*json);
    if (!value) return std::move(value).error();
    if (ValueView(*value).kind() != msgpack::Kind::map) return refused("not an object");
    return value;
}

std::optional<std::string_view> text_field(const ValueView& map, std::string_view name) {
    const auto field = map.find(name);
    return field ? field->as_string() : std::nullopt;
}

// @return wall time, in milliseconds, up to which the token is good.
Result<std::uint64_t> check_times(const ValueView& claims, const JwtRules& rules,
                                  std::uint64_t now_ms) {
    const auto now = static_cast<double>(now_ms) / 1000;
    const auto leeway = static_cast<double>(rules.leeway_s);
    const auto expiry = claims.find("exp");
    const auto expires = expiry ? expiry->as_double() : std::nullopt;
    // Written so that a NaN is refused too.
    if (!expires || !(*expires + leeway >= now)) return refused("expired, or without expiry");
    if (const auto field = claims.find("nbf")) {
        const auto starts = field->as_double();
        if (!starts || !(*starts - leeway <= now)) return refused("not valid yet");
    }
    constexpr double kLatest = 9e15;  // any number may stand there
    return static_cast<std::uint64_t>(std::min((*expires + leeway) * 1000, kLatest));
}

bool names_audience(const ValueView& claims, std::string_view wanted) {
    const auto field = claims.find("aud");
    if (!field) return false;
    if (const auto text = field->as_string()) return *text == wanted;
    bool found = false;
    field->for_each_element([&](const ValueView& one) { found |= one.as_string() == wanted; });
    return found;
}

Result<Principal> read_principal(const ValueView& claims) {
    const auto subject = text_field(claims, "sub");
    if (!subject || subject->empty()) return refused("no subject");
    Principal out{std::string(*subject), {}};
    if (const auto roles = claims.find("roles")) {
        roles->for_each_element([&](const ValueView& role) {
            if (const auto text = role.as_string()) out.roles.emplace_back(*text);
        });
    }
    return out;
}

// Which algorithm it must be is for the rules to say: a token that could choose would choose the
// one for which a public key is a secret.
Status check_signature(std::string_view algorithm, std::string_view text, BytesView signature,
                       const JwtRules& rules) {
    if (rules.rs256) {
        if (algorithm != "RS256") return refused("not RS256");
        if (!rules.rs256(text, signature)) return refused("wrong signature");
        return {};
    }
    if (algorithm != "HS256") return refused("not HS256");
    if (!same_secret(signature, hmac_sha256(rules.secret, text))) return refused("wrong signature");
    return {};
}

}  // namespace

bool is_pem(std::string_view text) noexcept {
    return text.find("-----BEGIN") != std::string_view::npos;
}

Result<Principal> verify_jwt(std::string_view token, const JwtRules& rules, std::uint64_t now_ms,
                             std::uint64_t* good_until_ms) {
    if (token.size() > kMaxTokenBytes) return Error(Errc::limit, "token: too long");
    if (!rules.rs256 && (rules.secret.empty() || is_pem(rules.secret))) {
        return refused("there is no key to check it with");
    }
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == last || token.find('.', first + 1) != last) return refused("not three parts");
    const auto header = decode_part(token.substr(0, first));
    if (!header) return refused("unreadable header");
    const ValueView said(*header);
    if (said.find("crit")) return refused("critical extensions");
    const auto signature = base64url_decode(token.substr(last + 1));
    if (!signature) return refused("unreadable signature");
    TOPGUN_TRY(check_signature(text_field(said, "alg").value_or(""), token.substr(0, last),
                               *signature, rules));
    const auto payload = decode_part(token.substr(first + 1, last - first - 1));
    if (!payload) return refused("unreadable claims");
    const ValueView claims(*payload);
    const auto until = check_times(claims, rules, now_ms);
    if (!until) return until.error().clone();
    if (good_until_ms != nullptr) *good_until_ms = *until;
    if (rules.issuer && text_field(claims, "iss") != *rules.issuer) return refused("wrong issuer");
    if (rules.audience && !names_audience(claims, *rules.audience)) {
        return refused("wrong audience");
    }
    return read_principal(claims);
}

}  // namespace topgun::sync
