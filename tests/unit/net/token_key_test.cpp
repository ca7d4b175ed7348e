// SPDX-License-Identifier: Apache-2.0
// RS256 with keys made while the test runs, and what must not pass for a token of theirs.
#include "topgun/net/token_key.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "certificates.hpp"
#include "serving.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

using Write = int (*)(BIO*, EVP_PKEY*);

int write_public(BIO* to, EVP_PKEY* key) {
    return PEM_write_bio_PUBKEY(to, key);
}
// PKCS #1, which OpenSSL 3 writes by way of its encoders only.
int write_pkcs1(BIO* to, EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PublicKey(key, &der);
    const int done = PEM_write_bio(to, "RSA PUBLIC KEY", "", der, size) > 0;
    OPENSSL_free(der);
    return done;
}
int write_private(BIO* to, EVP_PKEY* key) {
    return PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
}
int write_certificate(BIO* to, EVP_PKEY* key) {
    X509* made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    // Long over: only its key counts.
    X509_gmtime_adj(X509_getm_notBefore(made), -7200);
    X509_gmtime_adj(X509_getm_notAfter(made), -3600);
    X509_set_pubkey(made, key);
    REQUIRE(X509_sign(made, key, EVP_sha256()) > 0);
    const int done = PEM_write_bio_X509(to, made);
    X509_free(made);
    return done;
}

class SigningKey {
public:
    explicit SigningKey(EVP_PKEY* key) : key_(key) { REQUIRE(key_ != nullptr); }
    explicit SigningKey(unsigned bits = 2048) : SigningKey(EVP_RSA_gen(bits)) {}
    ~SigningKey() { EVP_PKEY_free(key_); }
    SigningKey(const SigningKey&) = delete;
    SigningKey& operator=(const SigningKey&) = delete;

    std::string pem(Write write = write_public) const {
        BIO* to = BIO_new(BIO_s_mem());
        REQUIRE(write(to, key_) == 1);
        char* text = nullptr;
        const auto size = BIO_get_mem_data(to, &text);
        std::string out(text, static_cast<std::size_t>(size));
        BIO_free(to);
        return out;
    }
    std::string token(const std::string& claims,
                      const std::string& header = R"({"alg":"RS256","typ":"JWT"})",
                      const EVP_MD* hash = EVP_sha256()) const {
        const auto text = base64url_encode(header) + '.' + base64url_encode(claims);
        EVP_MD_CTX* context = EVP_MD_CTX_new();
        REQUIRE(EVP_DigestSignInit(context, nullptr, hash, nullptr, key_) == 1);
        std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key_)), '\0');
        auto size = out.size();
        REQUIRE(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                               reinterpret_cast<const unsigned char*>(text.data()),
                               text.size()) == 1);
        EVP_MD_CTX_free(context);
        out.resize(size);
        return text + '.' + base64url_encode(out);
    }

private:
    EVP_PKEY* key_;
};

// Making one takes a second on a bad day.
const SigningKey& our_key() {
    static const SigningKey key;
    return key;
}
const SigningKey& other_key() {
    static const SigningKey key;
    return key;
}

sync::JwtRules rules(const std::string& pem = our_key().pem()) {
    sync::JwtRules out;
    out.rs256 = must(net::rs256_check(pem));
    return out;
}

const std::string kClaims = R"({"sub":"ann","exp":1700003600,"roles":["user"]})";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

std::string why_refused(const std::string& pem) {
    const auto check = net::rs256_check(pem);
    REQUIRE_FALSE(check);
    CHECK(check.error().code() == Errc::bad_input);
    return check.error().message();
}

}  // namespace

TEST_CASE("a token is checked with the public key, in each form that it comes in", "[net][jwt]") {
    const std::vector<std::string> forms{
        our_key().pem(), our_key().pem(write_pkcs1), our_key().pem(write_certificate),
        replaced(our_key().pem(), "\n", "\\n"),
        "A comment before it.\n" + our_key().pem() + other_key().pem()};
    const auto ours = our_key().token(kClaims), theirs = other_key().token(kClaims);
    for (const auto& pem : forms) {
        CAPTURE(pem);
        CHECK(sync::is_pem(pem));
        const auto who = must(sync::verify_jwt(ours, rules(pem), kNow));
        CHECK(who.id == "ann");
        CHECK(who.roles == std::vector<std::string>{"user"});
        CHECK_FALSE(sync::verify_jwt(theirs, rules(pem), kNow));
    }
}

TEST_CASE("a token signed with the public key as a secret is refused", "[net][jwt]") {
    const auto pem = our_key().pem();
    for (const auto& secret : {pem, pem.substr(0, pem.size() - 1), replaced(pem, "\n", "\\n")}) {
        for (const auto* header : {R"({"alg":"HS256"})", R"({"alg":"RS256"})", R"({"alg":"none"})",
                                   R"({"alg":["RS256"]})", R"({"alg":"rs256"})", "{}"}) {
            CAPTURE(header);
            CHECK_FALSE(sync::verify_jwt(make_token(kClaims, header, secret), rules(), kNow));
            // Nor where the key was given as the secret by mistake.
            sync::JwtRules wrong;
            wrong.secret = secret;
            CHECK_FALSE(sync::verify_jwt(make_token(kClaims, header, secret), wrong, kNow));
        }
    }
}

TEST_CASE("RS256 tokens that prove nothing are refused", "[net][jwt]") {
    const auto good = our_key().token(kClaims);
    REQUIRE(sync::verify_jwt(good, rules(), kNow));
    const auto body = good.substr(0, good.rfind('.') + 1);
    const auto bare = base64url_encode(R"({"alg":"none"})") + '.' + base64url_encode(kClaims) + '.';
    const auto claims = base64url_encode(R"({"sub":"eve","exp":1700003600})");
    const auto swapped = good.substr(0, good.find('.') + 1) + claims + good.substr(good.rfind('.'));
    const std::vector<std::string> tokens{
        body,
        good.substr(0, good.size() - 4),
        good.substr(0, body.size() + 40),
        good + base64url_encode("more"),
        bare,
        bare + good.substr(body.size()),
        swapped,
        our_key().token(kClaims, R"({"alg":"HS256"})"),
        our_key().token(kClaims, "{}"),
        our_key().token(kClaims, R"({"alg":"RS512"})", EVP_sha512()),
        our_key().token(kClaims, R"({"alg":"RS256"})", EVP_sha512()),
        our_key().token(kClaims, R"({"alg":"RS256","crit":["b64"],"b64":true})"),
        our_key().token(R"({"sub":"ann","exp":1699999000})"),
        our_key().token(R"({"sub":"ann"})"),
        body + base64url_encode(Bytes(256, '\0')),
        body + base64url_encode(Bytes(256, '\xff'))};
    const auto with = rules();
    for (const auto& token : tokens) {
        CAPTURE(token);
        CHECK_FALSE(sync::verify_jwt(token, with, kNow));
    }
}

TEST_CASE("keys that are none, or not of the right kind, are said to be so", "[net][jwt]") {
    CHECK_THAT(why_refused(SigningKey(1024).pem()), Catch::Contains("1024 bits"));
    CHECK_THAT(why_refused(SigningKey(EVP_EC_gen("P-256")).pem()), Catch::Contains("not an RSA"));
    CHECK_THAT(why_refused(our_key().pem(write_private)), Catch::Contains("private key"));
    CHECK_THAT(why_refused(""), Catch::Contains("not a key"));
    CHECK_THAT(why_refused("-----BEGIN PUBLIC KEY-----\nAAAA"), Catch::Contains("not a key"));
    CHECK_THAT(why_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
               Catch::Contains("damaged"));
    CHECK_THAT(why_refused("-----BEGIN SECRET-----\nAAAA\n-----END SECRET-----\n"),
               Catch::Contains("SECRET"));
    // Decrypting would ask for a password, which nobody is there to give.
    const auto locked = replaced(our_key().pem(), "KEY-----\n",
                                 "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                                 "0123456789ABCDEF0123456789ABCDEF\n\n");
    const auto read = net::rs256_check(locked);
    CHECK((read || read.error().code() == Errc::bad_input));
    CHECK(why_refused(std::string(2 << 20, 'x')) == "more than a key");
}

TEST_CASE("any bytes in place of a key or signature are an error at most", "[net][jwt]") {
    Random random(seed(31));
    const auto pem = our_key().pem();
    const auto check = must(net::rs256_check(pem));
    for (int round = 0; round < 300; ++round) {
        auto damaged = pem;
        for (int i = 0; i < 3; ++i) {
            damaged[random.below(damaged.size())] = static_cast<char>(32 + random.below(95));
        }
        (void)net::rs256_check(damaged);
        Bytes signature(random.below(600), '\0');
        for (auto& byte : signature) byte = static_cast<char>(random.below(256));
        CHECK_FALSE(check("text", signature));
    }
}

TEST_CASE("an endpoint with a public key lets its tokens in, and theirs alone", "[net][jwt]") {
    auto hub = World::with_tokens();
    hub.jwt = rules();
    Serving world(quick(), hub);
    WebSocket peer(world.port);
    peer.hear<wire::AuthRequired>();
    peer.say(wire::Auth{our_key().token(kClaims), {}, {}});
    CHECK(peer.hear<wire::AuthAck>().user_id == "ann");
    for (const auto& token : {make_token(kClaims, R"({"alg":"HS256"})", our_key().pem()),
                              other_key().token(kClaims), good_token()}) {
        WebSocket forger(world.port);
        forger.hear<wire::AuthRequired>();
        forger.say(wire::Auth{token, {}, {}});
        forger.hear<wire::AuthFail>();
        CHECK(forger.close_code() == 1008);
    }
    peer.say(wire::Ping{1});
    CHECK(peer.hear<wire::Pong>().timestamp == 1);
}

TEST_CASE("an endpoint does not take a public key for a secret", "[net][jwt]") {
    auto hub = World::with_tokens();
    hub.jwt.secret = our_key().pem();
    MemoryStorage storage;
    const auto server = net::Server::start(quick(), hub, storage);
    REQUIRE_FALSE(server);
    CHECK(server.error().code() == Errc::usage);
}
