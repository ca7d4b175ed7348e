// SPDX-License-Identifier: Apache-2.0
// Ops of any source into a table, in the order in which they come, by several connections.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "topgun/pg/import.hpp"
#include "topgun/storage/owned_op.hpp"

namespace topgun::pg {
namespace {

// What is handed from the reader to a connection at once, and how much of it may wait.
constexpr std::size_t kPieceOps = 1024, kPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kWaitingPieces = 4;

struct Piece {
    std::vector<OwnedOp> ops;
    std::size_t bytes = 0;
};

// One connection, with a thread of its own; ops go in at one end. A key has one lane, so that two
// never wait for each other.
class Lane {
public:
    Lane(std::unique_ptr<TableWriter> writer, const ImportOptions& options,
         std::atomic<bool>& failed)
        : writer_(std::move(writer)), options_(options), failed_(failed) {
        thread_ = std::thread([this] { work(); });
    }
    ~Lane() { join(); }

    void add(const Op& op) {
        next_.ops.emplace_back(op);
        next_.bytes += op.key.size() + op.value.size() + op.tag.size();
        if (next_.ops.size() >= kPieceOps || next_.bytes >= kPieceBytes) push();
    }
    /// Waits until all is written, or has failed.
    void join() {
        if (!thread_.joinable()) return;
        push();
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    // After join().
    const Status& status() const { return status_; }
    TableWriter& writer() { return *writer_; }

private:
    void push() {
        if (next_.ops.empty()) return;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return waiting_.size() < kWaitingPieces || failed_; });
            waiting_.push_back(std::exchange(next_, {}));
        }
        changed_.notify_all();
    }

    void work() {
        status_ = write();
        if (status_) return;
        failed_ = true;
        // Whoever waits for room shall not wait for ever.
        { const std::lock_guard lock(mutex_); }
        changed_.notify_all();
    }

    Status write() {
        for (;;) {
            Piece piece;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [this] { return !waiting_.empty() || closed_; });
                if (waiting_.empty()) break;
                piece = std::move(waiting_.front());
                waiting_.pop_front();
            }
            changed_.notify_all();
            for (const auto& op : piece.ops) TOPGUN_TRY(writer_->add(op.view()));
            if (options_.progress) TOPGUN_TRY(options_.progress(piece.ops.size()));
        }
        return failed_ ? Status() : writer_->flush();
    }

    std::unique_ptr<TableWriter> writer_;
    const ImportOptions& options_;
    std::atomic<bool>& failed_;
    Piece next_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Piece> waiting_;
    bool closed_ = false;
    Status status_;
    std::thread thread_;
};

class OpImport {
public:
    explicit OpImport(const ImportOptions& options) : options_(options) {}

    Result<ImportReport> run(const OpReader& read) {
        TOPGUN_TRY(open());
        auto status = read([this](const Op& op) { return take(op); });
        // Nothing more is written of what was to be given up.
        if (!status) failed_ = true;
        for (auto& lane : lanes_) lane->join();
        for (const auto& lane : lanes_) {
            if (!lane->status()) return lane->status().error().clone();
        }
        if (!status) return std::move(status).error();
        // Reads the table for the records whose removal came without their key.
        TOPGUN_TRY(lanes_.front()->writer().finish());
        for (const auto& lane : lanes_) {
            report_.written.add(lane->writer().report());
            report_.rows += lane->writer().ops();
        }
        return std::move(report_);
    }

private:
    Status open() {
        for (unsigned i = 0; i < std::max(options_.jobs, 1u); ++i) {
            bool created = false;
            auto writer = open_table_writer(options_.url, options_.create, options_.writing,
                                            options_.stop, created);
            if (!writer) return std::move(writer).error();
            report_.created = report_.created || created;
            report_.table = (*writer)->table();
            report_.database = (*writer)->database();
            lanes_.push_back(std::make_unique<Lane>(std::move(*writer), options_, failed_));
        }
        return {};
    }

    Status take(const Op& op) {
        if (failed_) return Error(Errc::cancelled, "a connection has failed");
        if (options_.stop && options_.stop()) {
            return Error(Errc::cancelled,
                         "interrupted; what was written stays, and the next import only looks it"
                         " up");
        }
        const std::hash<std::string_view> hash;
        const bool keyless = op.kind == OpKind::or_remove && op.key.empty();
        const auto lane = keyless ? 0 : (hash(op.key) + 31 * hash(op.map)) % lanes_.size();
        lanes_[lane]->add(op);
        return {};
    }

    const ImportOptions& options_;
    std::atomic<bool> failed_{false};
    std::vector<std::unique_ptr<Lane>> lanes_;
    ImportReport report_;
};

}  // namespace

Result<ImportReport> import_ops(const OpReader& read, const ImportOptions& options) {
    return OpImport(options).run(read);
}

}  // namespace topgun::pg
