// SPDX-License-Identifier: Apache-2.0
// Source: RFC 7518 section 3.3; RFC 7468 for the labels.
#include "topgun/net/token_key.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace topgun::net {
namespace {

template <auto F>
struct Freed {
    template <typename T>
    void operator()(T* what) const {
        F(what);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

// OpenSSL keeps what went wrong for each thread; the next TLS call would take it for its own.
struct ErrorScope {
    ErrorScope() { ERR_clear_error(); }
    ~ErrorScope() { ERR_clear_error(); }
    ErrorScope(const ErrorScope&) = delete;
    ErrorScope& operator=(const ErrorScope&) = delete;
};

Error refused(std::string why) {
    return Error(Errc::bad_input, std::move(why));
}

// Variables of the environment are often written on one line.
std::string with_line_ends(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escaped = text.substr(i, 2) == "\\n";
        out += escaped ? '\n' : text[i];
        if (escaped) ++i;
    }
    return out;
}

// One block of PEM, not decrypted: nothing here may ask a terminal for a password.
struct Block {
    std::string label, header, der;
};

Result<Block> first_block(const std::string& pem) {
    if (pem.size() > (std::size_t{1} << 20)) return refused("more than a key");
    const Bio from(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (!from || PEM_read_bio(from.get(), &label, &header, &data, &size) != 1) {
        return refused("not a key in PEM form");
    }
    Block out{label, header, {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)}};
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(data);
    return out;
}

Result<Key> public_key(const Block& block) {
    const auto* at = reinterpret_cast<const unsigned char*>(block.der.data());
    const auto size = static_cast<long>(block.der.size());
    if (block.label.ends_with("PRIVATE KEY")) {
        return refused("a private key; the endpoint needs its public half and must have no more");
    }
    Key key;
    if (block.label == "PUBLIC KEY") {
        key.reset(d2i_PUBKEY(nullptr, &at, size));
    } else if (block.label == "RSA PUBLIC KEY") {
        key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
    } else if (block.label == "CERTIFICATE") {
        const Certificate read(d2i_X509(nullptr, &at, size));
        if (read) key.reset(X509_get_pubkey(read.get()));
    } else {
        return refused("neither a public key nor a certificate: " + block.label.substr(0, 64));
    }
    if (!key) return refused("damaged: " + block.label);
    return key;
}

bool verifies(EVP_PKEY& key, std::string_view text, std::string_view signature) {
    const ErrorScope errors;
    const KeyContext context(EVP_MD_CTX_new());
    const auto bytes = [](std::string_view from) {
        return reinterpret_cast<const unsigned char*>(from.data());
    };
    return context &&
           EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, &key) == 1 &&
           EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text),
                            text.size()) == 1;
}

}  // namespace

Result<sync::Rs256Check> rs256_check(std::string_view pem) {
    const ErrorScope errors;
    const auto block = first_block(with_line_ends(pem));
    if (!block) return block.error().clone();
    auto key = public_key(*block);
    if (!key) return std::move(key).error();
    // RSA-PSS keys have an algorithm of their own, and may not be used for this one.
    if (EVP_PKEY_get_base_id(key->get()) != EVP_PKEY_RSA) return refused("not an RSA key");
    const int bits = EVP_PKEY_get_bits(key->get());
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
        return refused("an RSA key of " + std::to_string(bits) + " bits; " +
                       std::to_string(kRsaBitsMin) + " to " + std::to_string(kRsaBitsMax) +
                       " are accepted");
    }
    // Shared by copies of the function, which std::function demands.
    const std::shared_ptr<EVP_PKEY> shared(std::move(*key));
    return sync::Rs256Check([shared](std::string_view text, std::string_view signature) {
        return verifies(*shared, text, signature);
    });
}

}  // namespace topgun::net
