// SPDX-License-Identifier: Apache-2.0
#include "postgres_server.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

namespace topgun::test {
namespace {

namespace fs = std::filesystem;

using Connection = std::unique_ptr<PGconn, decltype(&::PQfinish)>;
using Answered = std::unique_ptr<PGresult, decltype(&::PQclear)>;

// Debian keeps each version in a folder of its own; version 15 is the model.
std::string find_programs() {
    for (const char* folder : {"/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin",
                               "/usr/lib/postgresql/17/bin", "/usr/bin"}) {
        if (fs::exists(std::string(folder) + "/initdb") &&
            fs::exists(std::string(folder) + "/postgres")) {
            return folder;
        }
    }
    return "";
}

// What the server runs as: nullptr for the user who runs the tests.
const passwd* server_user() {
    return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
}

// Starts a program quietly. It ends with this process, whatever happens to it.
pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
    const auto* user = server_user();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) _exit(126);
    // Cleared by a change of user, so after it.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::getppid() != parent || ::chdir("/") != 0) _exit(126);
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    _exit(127);
}

DataType type_of(Oid oid) {
    // Numbers of pg_type, which never change.
    switch (oid) {
        case 16: return TypeId::boolean;
        case 20:
        case 21:
        case 23: return TypeId::bigint;
        case 700:
        case 701: return TypeId::real;
        case 1700: return TypeId::numeric;
        default: return TypeId::text;
    }
}

class PostgresDatabase final : public sql::slt::Database {
public:
    explicit PostgresDatabase(Connection connection) : connection_(std::move(connection)) {}

    Result<sql::slt::Answer> execute(std::string_view statement) override {
        const Answered result(::PQexec(connection_.get(), std::string(statement).c_str()),
                              &::PQclear);
        const auto status = ::PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            const char* message = ::PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
            return Error(Errc::bad_input,
                         message != nullptr ? message : ::PQerrorMessage(connection_.get()));
        }
        sql::slt::Answer answer;
        answer.changed = std::strtoull(::PQcmdTuples(result.get()), nullptr, 10);
        const int columns = ::PQnfields(result.get());
        for (int i = 0; i < columns; ++i) {
            answer.types.push_back(type_of(::PQftype(result.get(), i)));
        }
        for (int row = 0; row < ::PQntuples(result.get()); ++row) {
            for (int i = 0; i < columns; ++i) answer.values.push_back(value(*result, row, i));
        }
        return answer;
    }

private:
    // psql shows t and f; as a text, a boolean is true or false.
    static std::optional<std::string> value(const PGresult& result, int row, int column) {
        if (::PQgetisnull(&result, row, column) != 0) return std::nullopt;
        std::string text = ::PQgetvalue(&result, row, column);
        if (::PQftype(&result, column) == 16) text = text == "t" ? "true" : "false";
        return text;
    }

    Connection connection_;
};

}  // namespace

Result<std::unique_ptr<PostgresServer>> PostgresServer::start() {
    const auto programs = find_programs();
    if (programs.empty()) {
        return Error(Errc::not_found,
                     "no PostgreSQL server here: install the Debian package postgresql-15");
    }
    if (::geteuid() == 0 && server_user() == nullptr) {
        return Error(Errc::not_found, "root needs the user postgres to run a server");
    }
    std::unique_ptr<PostgresServer> server(new PostgresServer());
    auto pattern = (fs::temp_directory_path() / "topgun-pg-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        return Error(Errc::io, "cannot make a temporary folder");
    }
    server->folder_ = pattern;
    if (const auto* user = server_user();
        user != nullptr && ::chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) {
        return Error(Errc::io, "cannot hand a folder over to postgres");
    }
    TOPGUN_TRY(server->make_cluster(programs));
    TOPGUN_TRY(server->launch(programs));
    return server;
}

Status PostgresServer::make_cluster(const std::string& programs) {
    const pid_t child =
        spawn({programs + "/initdb", "-D", folder_ + "/data", "-U", "postgres", "-A", "trust", "-E",
               "UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--no-sync"},
              folder_ + "/initdb.log");
    int status = -1;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
        return Error(Errc::io, "initdb failed; its log is gone with " + folder_);
    }
    return {};
}

Status PostgresServer::launch(const std::string& programs) {
    server_ = spawn({programs + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "timezone=UTC"},
                    folder_ + "/server.log");
    if (server_ < 0) return Error(Errc::io, "cannot start the server");
    const auto parameters = "host=" + folder_ + " user=postgres dbname=postgres";
    for (int attempt = 0; attempt < 600; ++attempt) {
        if (::PQping(parameters.c_str()) == PQPING_OK) return {};
        if (::waitpid(server_, nullptr, WNOHANG) == server_) {
            server_ = -1;
            return Error(Errc::io, "the server ended at once");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return Error(Errc::io, "the server does not answer");
}

PostgresServer::~PostgresServer() {
    if (server_ > 0) {
        // At once; nothing in it is worth keeping.
        ::kill(server_, SIGQUIT);
        ::waitpid(server_, nullptr, 0);
    }
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<std::unique_ptr<sql::slt::Database>> PostgresServer::database() {
    const auto connect = [this](const std::string& name) {
        return Connection(
            ::PQconnectdb(("host=" + folder_ + " user=postgres dbname=" + name).c_str()),
            &::PQfinish);
    };
    const auto name = "slt_" + std::to_string(++databases_);
    const auto main = connect("postgres");
    const Answered made(
        ::PQexec(main.get(), ("CREATE DATABASE " + name + " TEMPLATE template0").c_str()),
        &::PQclear);
    if (::PQresultStatus(made.get()) != PGRES_COMMAND_OK) {
        return Error(Errc::io, ::PQerrorMessage(main.get()));
    }
    auto connection = connect(name);
    if (::PQstatus(connection.get()) != CONNECTION_OK) {
        return Error(Errc::io, ::PQerrorMessage(connection.get()));
    }
    // Notices are no errors, and belong to nobody here.
    ::PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    return std::unique_ptr<sql::slt::Database>(
        std::make_unique<PostgresDatabase>(std::move(connection)));
}

}  // namespace topgun::test
