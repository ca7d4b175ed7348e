// SPDX-License-Identifier: Apache-2.0
#include "common/connect_options.hpp"

#include <cstdlib>

#include "common/options.hpp"
#include "topgun/sync/token_file.hpp"

namespace topgun::cli {

void ConnectOptions::add_to(CLI::App& app, bool retries) {
    constexpr const char* kGroup = "Connection";
    auto* given = app.add_option("--token", token, "JSON Web Token (else TOPGUN_TOKEN)")
                      ->type_name("TOKEN")
                      ->group(kGroup);
    add_file_option(app, "--token-file", token_file, "File with the token")
        ->group(kGroup)
        ->excludes(given);
    add_file_option(app, "--tls-ca", tls_authorities,
                    "Authorities that may have signed the server's certificate, PEM")
        ->group(kGroup);
    auto* certificate =
        add_file_option(app, "--tls-cert", tls_certificate, "Our own certificate, PEM")
            ->group(kGroup);
    auto* key = add_file_option(app, "--tls-key", tls_key, "Its private key, PEM")->group(kGroup);
    certificate->needs(key);
    key->needs(certificate);
    if (retries) {
        add_count_option(app, "--attempts", attempts,
                         "Failed attempts to connect before giving up (0: never)")
            ->group(kGroup);
    }
    add_duration_option(app, "--connect-timeout", timeout_ms, "How long one attempt may take")
        ->group(kGroup);
}

Result<std::string> ConnectOptions::read_token() const {
    if (!token.empty()) return token;
    if (!token_file.empty()) {
        auto text = sync::read_token_file(token_file);
        if (!text) return std::move(text).error().within("--token-file");
        return std::move(*text);
    }
    const char* from_environment = std::getenv("TOPGUN_TOKEN");
    return std::string(from_environment == nullptr ? "" : from_environment);
}

}  // namespace topgun::cli
