// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <utility>

#include "topgun/base/check.hpp"

namespace topgun::pg {
namespace {

constexpr int kPollMs = 100;

struct Freed {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, Freed>;

// libpq has one line for each address that it tried, and indents some.
std::string trimmed(const char* text) {
    std::string out;
    for (const char c : std::string_view(text == nullptr ? "" : text)) {
        const bool space = c == '\n' || c == '\t' || c == ' ';
        if (!space) out += c;
        if (space && !out.empty() && out.back() != ' ') out += ' ';
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string text_of(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

std::string display_name(const PGconn* connection) {
    const auto host = text_of(PQhost(connection));
    std::string out = "postgres://" + text_of(PQuser(connection)) + "@";
    // A socket's folder is no part of a URL.
    out += host.starts_with('/') ? "localhost" : host;
    return out + ":" + text_of(PQport(connection)) + "/" + text_of(PQdb(connection));
}

// By the class of the SQLSTATE: what the caller can decide on.
Errc code_of(std::string_view state) {
    const auto group = state.substr(0, 2);
    if (state == "57014") return Errc::cancelled;
    if (state == "42P01" || state == "3F000" || state == "3D000") return Errc::not_found;
    if (state == "42P07") return Errc::already_exists;
    if (state == "55P03") return Errc::locked;
    if (group == "22" || group == "23") return Errc::bad_input;
    if (group == "54") return Errc::limit;
    if (group == "53" || group == "58") return Errc::io;
    if (group == "42" && state != "42501") return Errc::usage;
    return Errc::unreachable;
}

bool target_says(const std::string& target, const char* keyword) {
    char* message = nullptr;
    auto* options = PQconninfoParse(target.c_str(), &message);
    PQfreemem(message);
    bool found = false;
    for (auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
        found = found || (option->val != nullptr && std::string_view(option->keyword) == keyword);
    }
    PQconninfoFree(options);
    return found;
}

}  // namespace

bool Failure::transient() const noexcept {
    const std::string_view state = sqlstate;
    return state.empty() || state.starts_with("08") || state.starts_with("40") ||
           state == "57P01" || state == "57P02" || state == "57P03" || state == "53300";
}

bool Failure::lost() const noexcept {
    const std::string_view state = sqlstate;
    return state.empty() || state.starts_with("08") || state.starts_with("57P");
}

std::string bytea_text(BytesView bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out = "\\x";
    out.reserve(2 + bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

Result<Bytes> read_bytea_text(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    if (!text.starts_with("\\x") || text.size() % 2 != 0) {
        return Error(Errc::bad_input, "no bytes in hexadecimal digits");
    }
    Bytes out;
    out.reserve(text.size() / 2 - 1);
    for (std::size_t at = 2; at < text.size(); at += 2) {
        const auto high = kDigits.find(text[at]), low = kDigits.find(text[at + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return Error(Errc::bad_input, "no bytes in hexadecimal digits");
        }
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

std::string quoted_name(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

Rows::Rows(pg_result* result) noexcept : result_(result) {}
Rows::~Rows() {
    PQclear(result_);
}
Rows::Rows(Rows&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}

std::size_t Rows::size() const noexcept {
    return static_cast<std::size_t>(PQntuples(result_));
}

std::optional<std::string_view> Rows::text(std::size_t row, std::size_t column) const {
    const auto r = static_cast<int>(row), c = static_cast<int>(column);
    TOPGUN_ASSERT(row < size() && c < PQnfields(result_), "a result has such a field");
    if (PQgetisnull(result_, r, c) != 0) return std::nullopt;
    return std::string_view(PQgetvalue(result_, r, c),
                            static_cast<std::size_t>(PQgetlength(result_, r, c)));
}

std::uint64_t Rows::affected() const {
    const std::string_view text = PQcmdTuples(result_);
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

Connection::Connection(pg_conn* connection, ConnectOptions options)
    : connection_(connection), options_(std::move(options)), name_(display_name(connection)) {}

Connection::~Connection() {
    PQfinish(connection_);
}

Result<std::unique_ptr<Connection>> Connection::open(ConnectOptions options) {
    char* message = nullptr;
    auto* parsed = PQconninfoParse(options.target.c_str(), &message);
    if (parsed == nullptr) {
        // libpq repeats the whole target at the end, and a password with it.
        auto reason = trimmed(message);
        PQfreemem(message);
        const auto repeated = reason.find(options.target);
        if (repeated != std::string::npos) {
            reason.resize(repeated);
            const auto end = reason.find_last_not_of(" :\"");
            reason.resize(end == std::string::npos ? 0 : end + 1);
        }
        return Error(Errc::usage, "not an address of a database: " + reason);
    }
    PQconninfoFree(parsed);
    const auto timeout = std::to_string(options.connect_s);
    std::vector<const char*> names{"dbname", "fallback_application_name"};
    std::vector<const char*> values{options.target.c_str(), options.application.c_str()};
    const auto add = [&](const char* name, const std::string& value) {
        if (target_says(options.target, name)) return;
        names.push_back(name);
        values.push_back(value.c_str());
    };
    if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) add("connect_timeout", timeout);
    // A server that vanished without a word is missed after a minute, not after hours.
    static const std::string idle_s = "30", interval_s = "10", count = "3", unanswered_ms = "60000";
    add("keepalives_idle", idle_s);
    add("keepalives_interval", interval_s);
    add("keepalives_count", count);
    add("tcp_user_timeout", unanswered_ms);
    names.push_back(nullptr);
    values.push_back(nullptr);
    auto* connection = PQconnectdbParams(names.data(), values.data(), 1);
    if (connection == nullptr) return Error(Errc::limit, "no memory for a connection");
    std::unique_ptr<Connection> out(new Connection(connection, std::move(options)));
    if (PQstatus(connection) != CONNECTION_OK) {
        return Error(Errc::unreachable, trimmed(PQerrorMessage(connection))).within(out->name_);
    }
    // The server's notices are for those who type SQL.
    PQsetNoticeProcessor(
        connection, [](void*, const char*) {}, nullptr);
    TOPGUN_TRY(out->run(out->settings()));
    return out;
}

// What statements here rely on, whatever the environment, the role or the database says. Rows that
// a policy hides are an error, not fewer rows. Limits in time are meant for those who wait.
std::string Connection::settings() const {
    std::string out =
        "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN"
        " ('statement_timeout', 'transaction_timeout', 'idle_session_timeout',"
        " 'idle_in_transaction_session_timeout');"
        "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on;"
        "SET bytea_output = 'hex'; SET extra_float_digits = 1; SET row_security = off";
    if (options_.statement_ms != 0) {
        out += "; SET statement_timeout = " + std::to_string(options_.statement_ms);
    }
    if (options_.read_only) out += "; SET default_transaction_read_only = on";
    return out;
}

int Connection::server_version() const {
    return PQserverVersion(connection_);
}

Error Connection::lost_error() {
    failure_ = {};
    return Error(Errc::unreachable, trimmed(PQerrorMessage(connection_))).within(name_);
}

Error Connection::result_error(const pg_result* result, std::string_view sql) {
    const auto field = [&](int code) { return text_of(PQresultErrorField(result, code)); };
    failure_.sqlstate = field(PG_DIAG_SQLSTATE);
    if (failure_.sqlstate.empty()) return lost_error();
    auto message = field(PG_DIAG_MESSAGE_PRIMARY);
    const auto detail = field(PG_DIAG_MESSAGE_DETAIL), hint = field(PG_DIAG_MESSAGE_HINT);
    if (!detail.empty()) message += " (" + detail + ")";
    if (!hint.empty()) message += "; " + hint;
    message += " [SQLSTATE " + failure_.sqlstate + "]";
    auto code = code_of(failure_.sqlstate);
    // Not ours: a limit in time, or an administrator.
    if (code == Errc::cancelled && !(options_.stop && options_.stop())) code = Errc::unreachable;
    if (code == Errc::usage) message += " in: " + std::string(sql.substr(0, 200));
    const auto context = field(PG_DIAG_CONTEXT);
    auto error = Error(code, std::move(message));
    // Such as "COPY topgun_maps, line 7, column key".
    if (!context.empty()) error = std::move(error).within(context.substr(0, context.find('\n')));
    return std::move(error).within(name_);
}

// Asks the server to end the statement at hand. One that has ended already does not mind.
void Connection::cancel() {
    auto* request = PQgetCancel(connection_);
    std::array<char, 256> reason{};
    PQcancel(request, reason.data(), static_cast<int>(reason.size()));
    PQfreeCancel(request);
}

// Until there is something to read. Asks the host meanwhile, and passes a stop on to the server.
Status Connection::wait_readable() {
    bool cancelled = false;
    for (;;) {
        pollfd one{PQsocket(connection_), POLLIN, 0};
        if (PQflush(connection_) == 1) one.events |= POLLOUT;
        const int ready = ::poll(&one, 1, kPollMs);
        if (ready > 0 && (one.revents & (POLLIN | POLLERR | POLLHUP)) != 0) return {};
        if (options_.stop && !cancelled && options_.stop()) {
            cancelled = true;
            cancel();
        }
    }
}

Status Connection::wait_result() {
    while (PQisBusy(connection_) != 0) {
        TOPGUN_TRY(wait_readable());
        if (PQconsumeInput(connection_) == 0) return lost_error();
    }
    return {};
}

// The result that counts among those of a statement: the first failure, else the last.
Result<pg_result*> Connection::last_result(std::string_view sql) {
    ResultPtr last;
    std::optional<Error> failed;
    for (;;) {
        TOPGUN_TRY(wait_result());
        ResultPtr one(PQgetResult(connection_));
        if (!one) break;
        const auto status = PQresultStatus(one.get());
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return one.release();
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !failed) {
            failed = result_error(one.get(), sql);
        }
        last = std::move(one);
    }
    if (failed) return std::move(*failed);
    if (!last) return lost_error();
    failure_ = {};
    return last.release();
}

// Leaves the connection ready for the next statement.
void Connection::drain() {
    while (auto* one = PQgetResult(connection_)) {
        const auto status = PQresultStatus(one);
        PQclear(one);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return;
        if (PQstatus(connection_) != CONNECTION_OK) return;
    }
}

Result<Rows> Connection::query(const std::string& sql, std::span<const Parameter> parameters) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& one : parameters) values.push_back(one ? one->c_str() : nullptr);
    const int sent = PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()),
                                       nullptr, values.data(), nullptr, nullptr, 0);
    if (sent == 0) return lost_error();
    auto result = last_result(sql);
    if (!result) return std::move(result).error();
    return Rows(*result);
}

Status Connection::run(const std::string& sql) {
    if (PQsendQuery(connection_, sql.c_str()) == 0) return lost_error();
    auto result = last_result(sql);
    if (!result) return std::move(result).error();
    PQclear(*result);
    return {};
}

Status Connection::begin_copy(const std::string& sql, int expected) {
    if (PQsendQuery(connection_, sql.c_str()) == 0) return lost_error();
    auto result = last_result(sql);
    if (!result) return std::move(result).error();
    const auto status = PQresultStatus(*result);
    PQclear(*result);
    TOPGUN_ASSERT(status == expected, "the statement is a COPY in the direction asked for");
    return {};
}

Result<CopyOut> Connection::copy_out(const std::string& sql) {
    TOPGUN_TRY(begin_copy(sql, PGRES_COPY_OUT));
    return CopyOut(*this, sql);
}

Result<CopyIn> Connection::copy_in(const std::string& sql) {
    TOPGUN_TRY(begin_copy(sql, PGRES_COPY_IN));
    return CopyIn(*this, sql);
}

}  // namespace topgun::pg
