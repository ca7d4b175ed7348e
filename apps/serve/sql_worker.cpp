// SPDX-License-Identifier: Apache-2.0
#include "sql_worker.hpp"

#include "topgun/sql/statements.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::cli {
namespace {

// Rows as the wire has them.
class Rows final : public sql::ResultSink {
public:
    Rows(sync::SqlResult& out, std::uint64_t room) : out_(out), room_(room) {}

    Status begin(const std::vector<sql::ResultColumn>& columns) override {
        out_.columns.clear();
        for (const auto& column : columns) out_.columns.push_back(column.name);
        return {};
    }
    Status rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows; ++row) {
            auto& values = out_.rows.emplace_back(batch.columns.size());
            for (std::size_t i = 0; i < batch.columns.size(); ++i) {
                sql::append_value(*batch.columns[i], row, values[i]);
                used_ += values[i].size() + sizeof(Bytes);
            }
            if (used_ > room_) {
                return Error(Errc::limit, "the result is larger than an answer may be; use LIMIT");
            }
        }
        return {};
    }

private:
    sync::SqlResult& out_;
    std::uint64_t room_, used_ = 0;
};

// What a statement asks for, and no later attempt makes better: no access that was denied, and no
// lack of room on the endpoint.
Error fault_of(Error error) {
    if (error.code() != Errc::usage && error.code() != Errc::limit) return error;
    return Error(Errc::bad_input, error.text());
}

}  // namespace

void SqlWorker::start(Post post) {
    post_ = std::move(post);
    thread_ = std::thread([this] { loop(); });
}

void SqlWorker::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        jobs_.clear();
        if (running_ != nullptr) running_->cancel();
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void SqlWorker::run(std::string sql, std::unique_ptr<StateReader> state, const RequestContext&,
                    std::function<void(Result<sync::SqlResult>)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (jobs_.size() < limits_.waiting && !stopping_) {
            jobs_.push_back({std::move(sql), std::move(state), std::move(done), {}, {}});
            wake_.notify_one();
            return;
        }
    }
    done(Error(Errc::limit, "too many SQL statements at a time; try again later"));
}

void SqlWorker::loop() {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        serve(job);
    }
}

void SqlWorker::run_apart(std::function<void()> work, std::function<void()> done) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({{}, {}, {}, std::move(work), std::move(done)});
    wake_.notify_one();
}

void SqlWorker::serve(Job& job) {
    if (job.work) {
        job.work();
        post_([done = std::move(job.worked)](sync::Hub&) { done(); });
        return;
    }
    // Shared, because a task must be copyable and a result is not.
    auto result = std::make_shared<Result<sync::SqlResult>>(execute(job));
    if (!*result) *result = fault_of(std::move(*result).error());
    job.state.reset();
    post_([done = std::move(job.done), result](sync::Hub&) { done(std::move(*result)); });
}

Result<sync::SqlResult> SqlWorker::execute(Job& job) {
    sql::SessionOptions options;
    options.threads = 1;
    options.memory_limit = limits_.memory;
    options.timeout = limits_.timeout;
    options.writable = true;
    auto session = sql::Session::create(std::move(options));
    if (!session) return std::move(session).error();
    TOPGUN_TRY((*session)->attach("main", std::move(job.state)));
    {
        const std::lock_guard lock(mutex_);
        running_ = session->get();
        if (stopping_) running_->cancel();
    }
    sync::SqlResult out;
    Rows sink(out, limits_.result_bytes);
    Status done;
    for (const auto range : sql::split_statements(job.sql)) {
        // The answer is the last statement's.
        out.columns.clear();
        out.rows.clear();
        auto summary = (*session)->execute(job.sql, range, sink);
        if (!summary) {
            done = std::move(summary).error();
            break;
        }
        out.tag = std::move(summary->tag);
    }
    {
        const std::lock_guard lock(mutex_);
        running_ = nullptr;
    }
    if (!done) return std::move(done).error();
    if ((*session)->in_transaction()) {
        return Error(Errc::usage, "a transaction ends within its message: COMMIT is missing");
    }
    TOPGUN_TRY((*session)->visit_unsaved("main", [&out](const Op& op) -> Status {
        out.ops.emplace_back(op);
        return {};
    }));
    return out;
}

}  // namespace topgun::cli
