// SPDX-License-Identifier: Apache-2.0
#include "topgun_test/postgres_server.hpp"

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
    server->programs_ = programs;
    server->folder_ = pattern;
    if (const auto* user = server_user();
        user != nullptr && ::chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) {
        return Error(Errc::io, "cannot hand a folder over to postgres");
    }
    TOPGUN_TRY(server->make_cluster());
    TOPGUN_TRY(server->launch());
    return server;
}

Status PostgresServer::make_cluster() {
    const pid_t child =
        spawn({programs_ + "/initdb", "-D", folder_ + "/data", "-U", "postgres", "-A", "trust",
               "-E", "UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--no-sync"},
              folder_ + "/initdb.log");
    int status = -1;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
        return Error(Errc::io, "initdb failed; its log is gone with " + folder_);
    }
    return {};
}

Status PostgresServer::launch() {
    server_ = spawn({programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "timezone=UTC"},
                    folder_ + "/server.log");
    if (server_ < 0) return Error(Errc::io, "cannot start the server");
    return wait_until_it_answers();
}

void PostgresServer::crash() {
    const auto open = [&] {
        return Connection(::PQconnectdb(target("postgres").c_str()), &::PQfinish);
    };
    const auto victim = open(), witness = open();
    ::kill(::PQbackendPID(victim.get()), SIGKILL);
    // The witness is sent away with all others before the server begins anew.
    for (int attempt = 0; attempt < 100; ++attempt) {
        const Answered answer(::PQexec(witness.get(), "SELECT 1"), &::PQclear);
        if (::PQresultStatus(answer.get()) != PGRES_TUPLES_OK) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    (void)wait_until_it_answers();
}

Status PostgresServer::wait_until_it_answers() {
    const auto parameters = target("postgres");
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

void PostgresServer::stop() {
    if (server_ <= 0) return;
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
}

PostgresServer::~PostgresServer() {
    stop();
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<std::string> PostgresServer::make_database() {
    const Connection main(::PQconnectdb(target("postgres").c_str()), &::PQfinish);
    auto name = "test_" + std::to_string(++databases_);
    const Answered made(
        ::PQexec(main.get(), ("CREATE DATABASE " + name + " TEMPLATE template0").c_str()),
        &::PQclear);
    if (::PQresultStatus(made.get()) != PGRES_COMMAND_OK) {
        return Error(Errc::io, ::PQerrorMessage(main.get()));
    }
    return name;
}

std::string PostgresServer::target(const std::string& database) const {
    return "host=" + folder_ + " user=postgres dbname=" + database;
}

std::string PostgresServer::url(const std::string& database) const {
    std::string folder;
    for (const char c : folder_) folder += c == '/' ? std::string("%2F") : std::string(1, c);
    return "postgres://postgres@" + folder + "/" + database;
}

}  // namespace topgun::test
