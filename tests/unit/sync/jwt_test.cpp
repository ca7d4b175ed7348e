// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/jwt.hpp"

#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

sync::JwtRules rules() {
    sync::JwtRules out;
    out.secret = kSecret;
    return out;
}

}  // namespace

TEST_CASE("SHA-256 and its HMAC give the published digests", "[sync]") {
    CHECK(to_hex(sha2(Sha2::sha256, "abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha2(Sha2::sha256, "")) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha2(Sha2::sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    // RFC 4231, test cases 2 and 6.
    CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(to_hex(hmac_sha256(Bytes(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a token of another implementation is read", "[sync]") {
    // The example of jwt.io, whose claims have no expiry, and so are refused for that alone.
    const std::string token =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
    auto with = rules();
    with.secret = "your-256-bit-secret";
    const auto read = sync::verify_jwt(token, with, kNow);
    REQUIRE_FALSE(read);
    CHECK(read.error().message() == "token: expired, or without expiry");
    with.secret = "another";
    const auto forged = sync::verify_jwt(token, with, kNow);
    REQUIRE_FALSE(forged);
    CHECK(forged.error().message() == "token: wrong signature");
}

TEST_CASE("a good token names its bearer and the roles", "[sync]") {
    const auto who = must(sync::verify_jwt(
        make_token(R"({"sub":"ann","exp":1700000001.5,"roles":["a",3,"b"]})"), rules(), kNow));
    CHECK(who.id == "ann");
    CHECK(who.roles == std::vector<std::string>{"a", "b"});
}

TEST_CASE("expiry and start of a token allow for clocks that differ by a minute", "[sync]") {
    const auto valid = [](const std::string& claims) {
        return sync::verify_jwt(make_token(claims), rules(), kNow).has_value();
    };
    CHECK(valid(R"({"sub":"a","exp":1699999940})"));
    CHECK_FALSE(valid(R"({"sub":"a","exp":1699999939})"));
    CHECK(valid(R"({"sub":"a","exp":1800000000,"nbf":1700000060})"));
    CHECK_FALSE(valid(R"({"sub":"a","exp":1800000000,"nbf":1700000061})"));
}

TEST_CASE("tokens that prove nothing are refused", "[sync]") {
    const std::string claims = R"({"sub":"a","exp":1800000000})";
    const auto good = make_token(claims);
    REQUIRE(sync::verify_jwt(good, rules(), kNow));
    const auto token = GENERATE_COPY(
        std::string(), std::string("x"), std::string("a.b"), std::string("..."), good + ".",
        good + "A", good.substr(0, good.size() - 1), make_token(claims, R"({"alg":"none"})"),
        make_token(claims, R"({"alg":"HS512"})"), make_token(claims, R"({})"),
        make_token(claims, "[]"), make_token(claims, R"({"alg":"HS256"})", "other"),
        make_token(R"({"exp":1800000000})"), make_token(R"({"sub":"","exp":1800000000})"),
        make_token(R"({"sub":5,"exp":1800000000})"), make_token(R"({"sub":"a"})"),
        make_token(R"({"sub":"a","exp":"1800000000"})"), make_token("null"),
        make_token(R"({"sub":"a","exp":1800000000,"nbf":"now"})"), std::string(20'000, 'a'));
    CAPTURE(token);
    CHECK_FALSE(sync::verify_jwt(token, rules(), kNow));
}

TEST_CASE("issuer and audience count when they are set", "[sync]") {
    auto strict = rules();
    strict.issuer = "us";
    strict.audience = "app";
    const auto valid = [&](const std::string& more) {
        const auto token = make_token(R"({"sub":"a","exp":1800000000)" + more + "}");
        return sync::verify_jwt(token, strict, kNow).has_value();
    };
    CHECK(valid(R"(,"iss":"us","aud":"app")"));
    CHECK(valid(R"(,"iss":"us","aud":["web","app"])"));
    CHECK_FALSE(valid(R"(,"iss":"us","aud":["web"])"));
    CHECK_FALSE(valid(R"(,"iss":"them","aud":"app")"));
    CHECK_FALSE(valid(""));
}

TEST_CASE("which algorithm a token may use is for the rules to say", "[sync]") {
    const std::string claims = R"({"sub":"a","exp":1800000000})";
    std::string asked;
    auto with = rules();
    with.rs256 = [&](std::string_view text, std::string_view signature) {
        asked = text;
        return signature == "by the key";
    };
    const auto text = base64url_encode(R"({"alg":"RS256"})") + '.' + base64url_encode(claims);
    const auto signed_by_key = text + '.' + base64url_encode("by the key");
    CHECK(must(sync::verify_jwt(signed_by_key, with, kNow)).id == "a");
    CHECK(asked == text);
    CHECK_FALSE(sync::verify_jwt(text + '.' + base64url_encode("by another"), with, kNow));
    // The secret of the rules, and the key's text, are no keys of HS256 now.
    CHECK_FALSE(sync::verify_jwt(make_token(claims), with, kNow));
    CHECK_FALSE(sync::verify_jwt(signed_by_key, rules(), kNow));
    const std::string pem = "  -----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    sync::JwtRules mistaken;
    mistaken.secret = pem;
    CHECK_FALSE(sync::verify_jwt(make_token(claims, R"({"alg":"HS256"})", pem), mistaken, kNow));
}

TEST_CASE("a token with an extension that must be understood is refused", "[sync]") {
    const std::string claims = R"({"sub":"a","exp":1800000000})";
    CHECK_FALSE(
        sync::verify_jwt(make_token(claims, R"({"alg":"HS256","crit":["exp"]})"), rules(), kNow));
}
