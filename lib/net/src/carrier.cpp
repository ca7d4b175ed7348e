// SPDX-License-Identifier: Apache-2.0
// Keeps a client connected: one socket at a time, the client's own back-off between them.
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <random>
#include <thread>

#include "wire_socket.hpp"

namespace topgun::net {
namespace {

constexpr std::chrono::milliseconds kTick{50};
// Bytes given to the socket and not yet written: what the client may hold back stays with it.
constexpr std::size_t kWindow = std::size_t{512} << 10;
// Bytes received that the client has not taken yet.
constexpr std::size_t kUntaken = std::size_t{4} << 20;
// More than any server of TopGun's sends in one message, and a bound all the same.
constexpr std::size_t kLargestMessage = std::size_t{256} << 20;

std::uint64_t steady_ms() {
    const auto passed = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
}

// The socket's side runs on the io_context's thread, the client's side within `invoke`.
class Loop : public std::enable_shared_from_this<Loop> {
public:
    Loop(asio::io_context& io, Url url, asio::ssl::context* tls, sync::Client& client,
         CarryOptions options, Carrier::Invoke invoke)
        : io_(io),
          url_(std::move(url)),
          tls_(tls),
          client_(&client),
          options_(std::move(options)),
          invoke_(std::move(invoke)),
          timer_(io),
          random_(std::random_device{}()) {}

    void begin() {
        connect();
        tick();
    }

    /// After this the client is not touched any more. Called where the client lives.
    void forget() { client_ = nullptr; }
    /// Socket and loop hold each other. Called when nothing runs any more.
    void let_go() { socket_.reset(); }

    /// Ends everything, from the io_context's thread.
    void end(Status how) {
        if (std::exchange(ended_, true)) return;
        outcome_ = std::move(how);
        timer_.cancel();
        if (socket_) socket_->close();
    }

    bool connected() const noexcept { return open_; }
    Status take_outcome() { return std::move(outcome_); }

private:
    // Runs `task` with the client, where it lives. Whoever runs it may keep it for longer than the
    // carrier lives, so that it must hold nothing of the io_context.
    void with_client(std::function<void(const std::shared_ptr<Loop>&, sync::Client&)> task) {
        invoke_([weak = weak_from_this(), task = std::move(task)] {
            const auto self = weak.lock();
            if (self && self->client_ != nullptr) task(self, *self->client_);
        });
    }

    void connect() {
        if (ended_) return;
        connecting_ = false;
        // Without what was asked for to check the server, nothing goes out, least of all a token.
        if (url_.tls && tls_ == nullptr) return on_closed("no certificates to check the server by");
        SocketEvents events;
        events.opened = [self = shared_from_this()] { self->on_opened(); };
        events.received = [self = shared_from_this()](Bytes frame) {
            self->on_received(std::move(frame));
        };
        events.written = [self = shared_from_this()](std::size_t bytes) {
            self->in_flight_ -= std::min<std::size_t>(self->in_flight_, bytes);
            self->pump();
        };
        events.closed = [self = shared_from_this()](std::string reason) {
            self->on_closed(std::move(reason));
        };
        socket_ =
            open_socket(io_, url_, tls_, options_.connect_ms, kLargestMessage, std::move(events));
    }

    void on_opened() {
        open_ = true;
        failures_ = 0;
        with_client([](const auto&, sync::Client& client) { client.connected(steady_ms()); });
        pump();
    }

    void on_received(Bytes frame) {
        untaken_ += frame.size();
        if (untaken_ > kUntaken) socket_->pause(true);
        auto shared = std::make_shared<Bytes>(std::move(frame));
        with_client([shared](const auto& self, sync::Client& client) {
            client.receive(*shared);
            asio::post(self->io_, [self, size = shared->size()] { self->on_taken(size); });
        });
        pump();
    }

    void on_taken(std::size_t bytes) {
        const bool was_full = untaken_ > kUntaken;
        untaken_ -= bytes;
        if (was_full && untaken_ <= kUntaken && socket_) socket_->pause(false);
    }

    void on_closed(std::string reason) {
        const bool was_open = open_.exchange(false);
        socket_.reset();
        in_flight_ = 0;
        last_reason_ = std::move(reason);
        if (!was_open) ++failures_;
        if (options_.log && !ended_) {
            options_.log({LogLevel::debug,
                          "connection ended",
                          {{"peer", url_.host}, {"reason", last_reason_}}});
        }
        with_client([was_open](const auto& self, sync::Client& client) {
            if (was_open) client.disconnected(steady_ms());
            self->decide(client);
        });
    }

    // What next, after a socket has gone.
    void decide(sync::Client& client) {
        const bool again = client.wants_connect();
        const auto wait = again ? client.retry_in_ms(random_) : 0;
        asio::post(io_, [self = shared_from_this(), again, wait] {
            if (self->ended_) return;
            if (!again) return self->end({});
            const auto limit = self->options_.attempts;
            if (limit != 0 && self->failures_ >= limit) {
                return self->end(
                    Error(Errc::unreachable, self->last_reason_)
                        .within(self->url_.host + ":" + std::to_string(self->url_.port)));
            }
            self->connect_at_ = steady_ms() + wait;
            self->connecting_ = true;
        });
    }

    // Takes what the client has to say, as far as the window allows.
    void pump() {
        if (in_flight_ >= kWindow || std::exchange(pumping_, true)) return;
        with_client([room = kWindow - in_flight_](const auto& self, sync::Client& client) {
            auto frames = std::make_shared<std::vector<Bytes>>();
            for (std::size_t taken = 0; taken < room;) {
                auto frame = client.take();
                if (!frame) break;
                taken += frame->size();
                frames->push_back(std::move(*frame));
            }
            const bool close = client.wants_close();
            asio::post(self->io_, [self, frames, close] { self->on_pumped(*frames, close); });
        });
    }

    void on_pumped(std::vector<Bytes>& frames, bool close) {
        pumping_ = false;
        if (!socket_) return;
        for (auto& frame : frames) {
            in_flight_ += frame.size();
            socket_->send(std::move(frame));
        }
        if (close) return socket_->close();
        // There may be more: asking costs nothing when there is none.
        if (!frames.empty()) pump();
    }

    void tick() {
        timer_.expires_after(kTick);
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->on_tick();
        });
    }

    void on_tick() {
        if (ended_) return;
        if (options_.stop && options_.stop()) {
            return end(Error(Errc::cancelled, "interrupted"));
        }
        if (connecting_ && steady_ms() >= connect_at_) connect();
        with_client([](const auto& self, sync::Client& client) {
            client.tick(steady_ms());
            if (self->options_.progress) self->options_.progress(client);
            const auto state = client.state();
            const bool done = state == sync::ClientState::paused ||
                              state == sync::ClientState::failed ||
                              state == sync::ClientState::finished;
            if (done) asio::post(self->io_, [self] { self->end({}); });
        });
        if (open_) pump();
        tick();
    }

    asio::io_context& io_;
    Url url_;
    asio::ssl::context* tls_;
    sync::Client* client_;  // touched where the client lives
    CarryOptions options_;
    Carrier::Invoke invoke_;
    asio::steady_timer timer_;
    Random random_;  // touched where the client lives
    std::shared_ptr<WireSocket> socket_;
    std::atomic<bool> open_{false};
    bool pumping_ = false, ended_ = false, connecting_ = false;
    std::size_t in_flight_ = 0, untaken_ = 0;
    std::uint64_t failures_ = 0, connect_at_ = 0;
    std::string last_reason_;
    Status outcome_;
};

class ThreadCarrier final : public Carrier {
public:
    ThreadCarrier(Url url, std::unique_ptr<asio::ssl::context> tls, sync::Client& client,
                  CarryOptions options, Invoke invoke)
        : tls_(std::move(tls)),
          invoke_(invoke),
          loop_(std::make_shared<Loop>(io_, std::move(url), tls_.get(), client, std::move(options),
                                       std::move(invoke))),
          thread_([this] {
              loop_->begin();
              io_.run();
          }) {}
    ~ThreadCarrier() override {
        io_.stop();
        thread_.join();
        // Tasks given before this one still use the io_context; none is given after it.
        auto forgotten = std::make_shared<std::promise<void>>();
        invoke_([loop = loop_.get(), forgotten] {
            loop->forget();
            forgotten->set_value();
        });
        forgotten->get_future().wait();
        loop_->let_go();
    }
    bool connected() const override { return loop_->connected(); }

private:
    std::unique_ptr<asio::ssl::context> tls_;
    Invoke invoke_;
    asio::io_context io_;
    std::shared_ptr<Loop> loop_;
    std::thread thread_;
};

}  // namespace

Status carry(const Url& url, sync::Client& client, const CarryOptions& options) {
    std::unique_ptr<asio::ssl::context> tls;
    if (url.tls) {
        auto made = client_tls(options);
        if (!made) return std::move(made).error();
        tls = std::move(*made);
    }
    asio::io_context io;
    const auto loop = std::make_shared<Loop>(io, url, tls.get(), client, options,
                                             [](const std::function<void()>& task) { task(); });
    loop->begin();
    io.run();
    return loop->take_outcome();
}

Carrier::~Carrier() = default;

std::unique_ptr<Carrier> Carrier::start(Url url, sync::Client& client, CarryOptions options,
                                        Invoke invoke) {
    std::unique_ptr<asio::ssl::context> tls;
    if (url.tls) {
        auto made = client_tls(options);
        if (made) {
            tls = std::move(*made);
        } else if (options.log) {
            options.log({LogLevel::error,
                         "certificates cannot be read: it will not connect",
                         {{"peer", url.host}, {"reason", made.error().text()}}});
        }
    }
    options.attempts = 0;
    return std::make_unique<ThreadCarrier>(std::move(url), std::move(tls), client,
                                           std::move(options), std::move(invoke));
}

}  // namespace topgun::net
