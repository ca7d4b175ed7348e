// SPDX-License-Identifier: Apache-2.0
#include "hub_thread.hpp"

#include <algorithm>
#include <chrono>
#include <future>

#include "topgun/base/check.hpp"

namespace topgun::net {
namespace {

constexpr std::uint64_t kTickMs = 100;
constexpr std::uint64_t kSecondMs = 1000;

// One request on its way through a handler, which may also drop it without an answer.
class Ticket {
public:
    Ticket(std::shared_ptr<OpenRequests> requests, std::uint64_t number)
        : requests_(std::move(requests)), number_(number) {}
    ~Ticket() { (void)take(); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    sync::HttpRespond take() { return requests_->take(number_); }

private:
    std::shared_ptr<OpenRequests> requests_;
    std::uint64_t number_;
};

}  // namespace

std::uint64_t OpenRequests::add(sync::HttpRespond respond) {
    const std::lock_guard lock(mutex_);
    ++last_;
    if (!ended_) waiting_.emplace(last_, std::move(respond));
    return last_;
}

sync::HttpRespond OpenRequests::take(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return {};
    auto out = std::move(found->second);
    waiting_.erase(found);
    return out;
}

void OpenRequests::end() {
    // Declared before the lock, and so destroyed after it: sockets end with what is dropped.
    std::unordered_map<std::uint64_t, sync::HttpRespond> dropped;
    const std::lock_guard lock(mutex_);
    ended_ = true;
    dropped.swap(waiting_);
}

Worker::Worker() : thread_([this] { loop(); }) {}

void Worker::run(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.push_back(std::move(work));
    wake_.notify_one();
}

void Worker::stop() {
    std::deque<std::function<void()>> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        dropped.swap(waiting_);
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Worker::loop() {
    for (;;) {
        std::function<void()> work;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_) return;
            work = std::move(waiting_.front());
            waiting_.pop_front();
        }
        work();
    }
}

Link::~Link() = default;
Intake::~Intake() = default;

std::uint64_t HubThread::steady_ms() {
    using std::chrono::steady_clock;
    const auto passed = steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
}

HubThread::HubThread(std::unique_ptr<sync::Hub> hub, ServerStorage& storage, sync::HttpHandler http)
    : hub_(std::move(hub)), storage_(storage), http_(std::move(http)) {
    storage_.listen(this);
    hub_->run_apart_by([this](std::function<void()> work, std::function<void()> done) {
        worker_.run([this, work = std::move(work), done = std::move(done)]() mutable {
            work();
            post([done = std::move(done)](sync::Hub&) { done(); });
        });
    });
    thread_ = std::thread([this] { run(); });
}

HubThread::~HubThread() {
    stop();
}

void HubThread::push(Item item) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (ended_) return;
        first = inbox_.empty();
        inbox_.push_back(std::move(item));
    }
    // Whoever finds the queue empty wakes the thread: it takes all there is at a time.
    if (first) wake_.notify_one();
}

std::uint64_t HubThread::open(std::shared_ptr<Link> link) {
    Item item;
    item.kind = Item::Kind::open;
    item.link = next_link_++;
    item.opened = std::move(link);
    const auto number = item.link;
    push(std::move(item));
    return number;
}

void HubThread::receive(std::uint64_t link, sync::Frame frame) {
    Item item;
    item.kind = Item::Kind::frame;
    item.link = link;
    item.frame.emplace(std::move(frame));
    push(std::move(item));
}

void HubThread::written(std::uint64_t link, std::size_t bytes) {
    Item item;
    item.kind = Item::Kind::written;
    item.link = link;
    item.bytes = bytes;
    push(std::move(item));
}

void HubThread::lost(std::uint64_t link) {
    Item item;
    item.kind = Item::Kind::lost;
    item.link = link;
    push(std::move(item));
}

void HubThread::post(std::function<void(sync::Hub&)> task) {
    Item item;
    item.task = std::move(task);
    push(std::move(item));
}

void HubThread::request(sync::HttpRequest request, sync::HttpRespond respond) {
    auto kept = std::make_shared<sync::HttpRequest>(std::move(request));
    auto ticket = std::make_shared<Ticket>(requests_, requests_->add(std::move(respond)));
    post([this, kept, ticket = std::move(ticket)](sync::Hub& hub) {
        http_(hub, *kept, [this, ticket](sync::HttpReply reply) {
            // Without anybody who waits, this may be gone, too.
            auto waiting = ticket->take();
            if (waiting) respond_when_durable(std::move(reply), std::move(waiting));
        });
    });
}

void HubThread::on_durable(std::uint64_t) {
    // One notice in the queue is enough, however many syncs come before it is read.
    if (settle_posted_.exchange(true)) return;
    post([this](sync::Hub& hub) {
        settle_posted_ = false;
        hub.settle();
    });
}

void HubThread::on_failed(const Error& error) {
    // A task must be copyable, an error is not.
    const auto told = std::make_shared<Error>(error.clone());
    post([told](sync::Hub& hub) { hub.storage_failed(*told); });
}

void HubThread::respond_when_durable(sync::HttpReply reply, sync::HttpRespond respond) {
    if (storage_.durable() >= reply.sequence) return respond(std::move(reply));
    waiting_.push_back({std::move(reply), std::move(respond)});
}

void HubThread::answer_durable() {
    if (waiting_.empty()) return;
    const auto durable = storage_.durable();
    const bool failed = storage_.stats().failed;
    auto waiting = std::exchange(waiting_, {});
    for (auto& one : waiting) {
        if (one.reply.sequence <= durable) {
            one.respond(std::move(one.reply));
        } else if (failed) {
            sync::HttpReply reply;
            reply.status = 500;
            reply.content_type = "application/json";
            reply.body = R"({"code":500,"message":"not stored: the disk has failed"})";
            one.respond(std::move(reply));
        } else {
            waiting_.push_back(std::move(one));
        }
    }
}

void HubThread::touch(std::uint64_t link, Peer& peer) {
    if (std::exchange(peer.touched, true)) return;
    touched_.push_back(link);
}

void HubThread::serve(Item& item) {
    if (item.kind == Item::Kind::task) return item.task(*hub_);
    if (item.kind == Item::Kind::open) {
        Peer peer;
        peer.link = std::move(item.opened);
        peer.connection = hub_->connect();
        by_connection_[peer.connection->id()] = item.link;
        const auto [at, added] = peers_.emplace(item.link, std::move(peer));
        TOPGUN_ASSERT(added, "links are numbered once");
        return touch(item.link, at->second);
    }
    const auto found = peers_.find(item.link);
    if (found == peers_.end()) return;
    auto& peer = found->second;
    switch (item.kind) {
        case Item::Kind::frame:
            if (peer.kept.empty() && peer.connection->wants_input())
                take(peer, *item.frame);
            else
                peer.kept.push_back(std::move(*item.frame));
            touch(item.link, peer);
            break;
        case Item::Kind::written:
            peer.in_flight -= std::min(peer.in_flight, item.bytes);
            touch(item.link, peer);
            break;
        default: lose(item.link, peer);
    }
}

void HubThread::take(Peer& peer, const sync::Frame& frame) {
    peer.consumed += frame.memory();
    // A closed connection takes nothing more; its socket is told so after this round.
    (void)peer.connection->receive(frame);
}

// What came while the peer had enough to take. @return whether anything was served.
bool HubThread::serve_kept(Peer& peer) {
    bool any = false;
    while (!peer.kept.empty() && (peer.connection->wants_input() || peer.connection->closed())) {
        take(peer, peer.kept.front());
        peer.kept.pop_front();
        any = true;
    }
    return any;
}

// Nobody waits for answers any more, but what was written was meant.
void HubThread::lose(std::uint64_t link, Peer& peer) {
    peer.connection->leave();
    for (const auto& frame : peer.kept) take(peer, frame);
    by_connection_.erase(peer.connection->id());
    peers_.erase(link);
}

void HubThread::deliver(Peer& peer) {
    Delivery out;
    do {
        while (peer.in_flight < kWindow) {
            auto frame = peer.connection->take_shared();
            if (!frame) break;
            peer.in_flight += frame->size();
            out.frames.push_back(std::move(frame));
        }
    } while (serve_kept(peer));
    out.wants_input = peer.connection->wants_input();
    const auto& closing = peer.connection->closed();
    if (closing && peer.connection->queued_bytes() == 0 && !peer.told_end) {
        out.ending = Ending{static_cast<std::uint16_t>(closing->code), closing->reason};
        peer.told_end = true;
    }
    const bool news = !out.frames.empty() || peer.consumed >= kUnserved / 2 || out.ending ||
                      out.wants_input != peer.reading;
    if (!news) return;
    peer.reading = out.wants_input;
    out.consumed = std::exchange(peer.consumed, 0);
    peer.link->deliver(std::move(out));
}

// Frames that were kept are served while others are delivered, and cause frames for third ones.
void HubThread::after_round() {
    do {
        for (const auto id : hub_->take_ready()) {
            const auto link = by_connection_.find(id);
            if (link == by_connection_.end()) continue;
            touch(link->second, peers_.at(link->second));
        }
        for (const auto link : std::exchange(touched_, {})) {
            const auto found = peers_.find(link);
            if (found == peers_.end()) continue;
            found->second.touched = false;
            deliver(found->second);
        }
    } while (!touched_.empty() || hub_->has_ready());
    answer_durable();
}

void HubThread::tick() {
    const auto now = steady_ms();
    if (now - last_tick_ < kTickMs) return;
    last_tick_ = now;
    hub_->tick(now);
    for (auto& [link, peer] : peers_) {
        if (now - last_second_ >= kSecondMs) peer.connection->tick(now);
        // One that was not read from may have become willing without a frame of its own.
        if (!peer.reading || !peer.kept.empty()) touch(link, peer);
    }
    if (now - last_second_ >= kSecondMs) last_second_ = now;
}

void HubThread::run() {
    std::vector<Item> items;
    for (bool stopping = false; !stopping;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, std::chrono::milliseconds(kTickMs),
                           [this] { return !inbox_.empty() || stopping_; });
            items.swap(inbox_);
            stopping = stopping_ && items.empty();
        }
        for (auto& item : items) serve(item);
        items.clear();
        tick();
        after_round();
    }
    hub_->abandon_runs();
    for (auto& [link, peer] : peers_) by_connection_.erase(peer.connection->id());
    peers_.clear();
    waiting_.clear();
    requests_->end();
    // Sockets must not be kept for longer than what they run on.
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        items.swap(inbox_);
    }
}

Status HubThread::drain() {
    // Here, not on the thread: acknowledgements go out while the storage is waited for.
    auto flushed = storage_.flush();
    std::promise<void> done;
    post([this, &done](sync::Hub& hub) {
        hub.settle();
        for (auto& [link, peer] : peers_) {
            peer.connection->close(sync::CloseCode::going_away, "server is stopping");
            touch(link, peer);
        }
        done.set_value();
    });
    done.get_future().wait();
    return flushed;
}

void HubThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    worker_.stop();
    storage_.listen(nullptr);
}

}  // namespace topgun::net
