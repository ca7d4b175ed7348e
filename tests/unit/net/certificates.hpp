// SPDX-License-Identifier: Apache-2.0
// Certificates made while the test runs: none in the tree can expire.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <string>

#include "topgun_test/support.hpp"

namespace topgun::test {

/// A key and a certificate of it, in files of a scratch folder.
struct Certificate {
    std::string certificate, key;
};

/// Signs certificates; its own is that of an authority.
class Authority {
public:
    explicit Authority(const ScratchDir& folder, const std::string& name)
        : folder_(folder), key_(EVP_EC_gen("P-256")), own_(make(name, "", key_, key_, nullptr)) {
        file = folder_.file(name + ".pem");
        save(file, [&](std::FILE* to) { return PEM_write_X509(to, own_); });
    }
    ~Authority() {
        X509_free(own_);
        EVP_PKEY_free(key_);
    }
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    /// @param alternative  as OpenSSL writes it: "IP:127.0.0.1".
    Certificate sign(const std::string& name, const std::string& alternative) {
        Certificate out{folder_.file(name + ".pem"), folder_.file(name + ".key")};
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* made = make(name, alternative, key, key_, own_);
        save(out.certificate, [&](std::FILE* to) { return PEM_write_X509(to, made); });
        save(out.key, [&](std::FILE* to) {
            return PEM_write_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
        });
        X509_free(made);
        EVP_PKEY_free(key);
        return out;
    }

    std::string file;  ///< Of its own certificate.

private:
    static void extend(X509* to, X509* issuer, int what, const std::string& value) {
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
        X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
        REQUIRE(made != nullptr);
        X509_add_ext(to, made, -1);
        X509_EXTENSION_free(made);
    }
    // Without an issuer it signs itself.
    static X509* make(const std::string& name, const std::string& alternative, EVP_PKEY* key,
                      EVP_PKEY* signer, X509* issuer) {
        static long serial = 0;
        X509* out = X509_new();
        X509_set_version(out, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(out), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(out), -3600);
        X509_gmtime_adj(X509_getm_notAfter(out), 3600);
        X509_set_pubkey(out, key);
        auto* subject = X509_get_subject_name(out);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        X509_set_issuer_name(out, issuer == nullptr ? subject : X509_get_subject_name(issuer));
        const bool authority = issuer == nullptr;
        extend(out, authority ? out : issuer, NID_basic_constraints,
               authority ? "critical,CA:TRUE" : "CA:FALSE");
        if (!alternative.empty()) extend(out, issuer, NID_subject_alt_name, alternative);
        REQUIRE(X509_sign(out, signer, EVP_sha256()) > 0);
        return out;
    }
    template <typename F>
    static void save(const std::string& path, F write) {
        std::FILE* to = std::fopen(path.c_str(), "w");
        REQUIRE(to != nullptr);
        CHECK(write(to) == 1);
        std::fclose(to);
    }

    const ScratchDir& folder_;
    EVP_PKEY* key_;
    X509* own_;
};

}  // namespace topgun::test
