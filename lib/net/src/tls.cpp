// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

namespace topgun::net {

Result<std::unique_ptr<asio::ssl::context>> server_tls(const TlsFiles& files) {
    using asio::ssl::context;
    auto tls = std::make_unique<context>(context::tls_server);
    error_code error;
    tls->set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 |
                         context::no_tlsv1 | context::no_tlsv1_1 | context::single_dh_use,
                     error);
    const auto failed = [&error](const std::string& file, const char* what) {
        return Error(Errc::bad_input, std::string(what) + ": " + error.message()).within(file);
    };
    tls->use_certificate_chain_file(files.certificate, error);
    if (error) return failed(files.certificate, "no certificate in PEM form");
    tls->use_private_key_file(files.key, context::pem, error);
    if (error) return failed(files.key, "no private key that fits the certificate");
    if (!files.client_authorities.empty()) {
        tls->load_verify_file(files.client_authorities, error);
        if (error) return failed(files.client_authorities, "no certificates of authorities");
        tls->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert,
                             error);
    }
    return tls;
}

}  // namespace topgun::net
