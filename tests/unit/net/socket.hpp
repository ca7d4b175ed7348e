// SPDX-License-Identifier: Apache-2.0
// A client that blocks, byte by byte under the test's control: HTTP, WebSocket frames, TLS.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "topgun/wire/codec.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

inline constexpr int kPatience = 10'000;  ///< Milliseconds; a loaded machine is slow.

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// One TCP connection to 127.0.0.1.
class Socket {
public:
    /// @param receive_buffer  bytes that the kernel takes for a reader who does not read; 0: its
    /// own choice.
    explicit Socket(std::uint16_t port, int receive_buffer = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        REQUIRE(fd_ >= 0);
        if (receive_buffer != 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    }
    ~Socket() {
        ssl_.reset();
        ::close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// The TLS handshake. With TLS 1.3 a refusal of our certificate shows at the first read only.
    bool secure(SSL_CTX* context) {
        ssl_.reset(SSL_new(context));
        SSL_set_fd(ssl_.get(), fd_);
        return SSL_connect(ssl_.get()) == 1;
    }
    /// False when the peer has gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), int(bytes.size()))
                                   : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Exactly so many bytes; empty when the connection ends before, or after `ms`.
    std::optional<std::string> read(std::size_t size, int ms = kPatience) {
        while (waiting_.size() < size) {
            if (!more(ms)) return std::nullopt;
        }
        auto out = waiting_.substr(0, size);
        waiting_.erase(0, size);
        return out;
    }
    /// Up to and with `mark`.
    std::optional<std::string> read_to(std::string_view mark, int ms = kPatience) {
        while (waiting_.find(mark) == std::string::npos) {
            if (!more(ms)) return std::nullopt;
        }
        return read(waiting_.find(mark) + mark.size());
    }
    /// True when the peer ends the connection; what comes before is passed over.
    bool ends(int ms = kPatience) {
        while (more(ms)) waiting_.clear();
        return ended_;
    }
    bool ended() const { return ended_; }
    int descriptor() const { return fd_; }

private:
    bool more(int ms) {
        if (ended_) return false;
        pollfd wait{fd_, POLLIN, 0};
        const bool buffered = ssl_ && SSL_pending(ssl_.get()) > 0;
        if (!buffered && ::poll(&wait, 1, ms) <= 0) return false;
        char buffer[16384];
        const auto got = ssl_ ? SSL_read(ssl_.get(), buffer, sizeof buffer)
                              : ::recv(fd_, buffer, sizeof buffer, 0);
        ended_ = got <= 0;
        if (!ended_) waiting_.append(buffer, static_cast<std::size_t>(got));
        return !ended_;
    }

    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    int fd_;
    std::unique_ptr<SSL, Free> ssl_;
    std::string waiting_;
    bool ended_ = false;
};

struct HttpAnswer {
    unsigned status = 0;  ///< 0: none came.
    std::string head, body;
};

/// Reads one answer, whose length must be given in its head.
inline HttpAnswer read_answer(Socket& socket) {
    HttpAnswer out;
    const auto head = socket.read_to("\r\n\r\n");
    if (!head) return out;
    out.head = *head;
    out.status = static_cast<unsigned>(std::strtoul(head->c_str() + 9, nullptr, 10));
    const auto at = head->find("Content-Length: ");
    if (at == std::string::npos) return out;
    out.body =
        socket.read(std::strtoul(head->c_str() + at + 16, nullptr, 10)).value_or("(cut off)");
    return out;
}

inline std::string get(std::string_view path, std::string_view more = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
           "\r\n";
}

inline std::string upgrade(std::string_view path, std::string_view more = {}) {
    return get(path,
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                   std::string(more));
}

/// One frame from a client, masked with zeros, which RFC 6455 allows.
inline std::string frame_of(int opcode, std::string_view data) {
    std::string out(1, static_cast<char>(0x80 | opcode));
    if (data.size() < 126) {
        out += static_cast<char>(0x80 | data.size());
    } else {
        // The shortest form that holds the length, as the RFC wants it.
        const bool wide = data.size() > 0xffff;
        out += static_cast<char>(0x80 | (wide ? 127 : 126));
        for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8) {
            out += static_cast<char>(data.size() >> shift);
        }
    }
    out.append(4, '\0');
    return out.append(data);
}

inline constexpr int kText = 1, kBinary = 2, kCloseFrame = 8;

class WebSocket {
public:
    /// @param more  further fields of the request.
    explicit WebSocket(std::uint16_t port, std::string_view path = "/ws", int receive_buffer = 0,
                       SSL_CTX* tls = nullptr, std::string_view more = {})
        : socket(port, receive_buffer) {
        if (tls != nullptr) REQUIRE(socket.secure(tls));
        REQUIRE(socket.send(upgrade(path, more)));
        const auto answer = read_answer(socket);
        REQUIRE(answer.status == 101);
        head = answer.head;
    }

    template <typename T>
    void say(const T& message) {
        REQUIRE(socket.send(frame_of(kBinary, wire::encoded(message))));
    }
    /// Opcode and data of the next frame; empty when none comes.
    std::optional<std::pair<int, std::string>> frame(int ms = kPatience) {
        const auto begin = socket.read(2, ms);
        if (!begin) return std::nullopt;
        std::size_t size = static_cast<unsigned char>((*begin)[1]) & 127u;
        const std::size_t more = size == 127 ? 8 : size == 126 ? 2 : 0;
        const auto length = socket.read(more);
        if (!length) return std::nullopt;
        if (more != 0) size = 0;
        for (const char c : *length) size = size << 8 | static_cast<unsigned char>(c);
        auto data = socket.read(size);
        if (!data) return std::nullopt;
        compressed = ((*begin)[0] & 0x40) != 0;
        return std::pair((*begin)[0] & 15, std::move(*data));
    }
    wire::Message hear() {
        const auto got = frame();
        REQUIRE(got);
        REQUIRE(got->first == kBinary);
        return must(wire::decode(got->second, {true}));
    }
    template <typename T>
    T hear() {
        const auto message = hear();
        CAPTURE(wire::type_name(message));
        REQUIRE(std::holds_alternative<T>(message));
        return std::get<T>(message);
    }
    /// The code with which the peer closes, and the TCP connection with it, once our answer is
    /// there; 0 when it does not. Frames that come before are passed over.
    unsigned close_code(int ms = kPatience) {
        while (const auto got = frame(ms)) {
            if (got->first != kCloseFrame || got->second.size() < 2) continue;
            socket.send(frame_of(kCloseFrame, got->second.substr(0, 2)));
            if (!socket.ends()) return 0;
            return static_cast<unsigned char>(got->second[0]) * 256u +
                   static_cast<unsigned char>(got->second[1]);
        }
        return 0;
    }

    Socket socket;
    std::string head;         ///< Of the server's answer to the upgrade.
    bool compressed = false;  ///< The frame that was read last was.
};

/// Until it holds, for so long that only a broken server fails.
template <typename F>
bool eventually(F holds, int ms = kPatience) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        ::usleep(5000);
    }
    return true;
}

}  // namespace topgun::test
