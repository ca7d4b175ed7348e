// SPDX-License-Identifier: Apache-2.0
#include "postgres_database.hpp"

#include <libpq-fe.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace topgun::test {
namespace {

using Connection = std::unique_ptr<PGconn, decltype(&::PQfinish)>;
using Answered = std::unique_ptr<PGresult, decltype(&::PQclear)>;

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

Result<std::unique_ptr<sql::slt::Database>> slt_database(PostgresServer& server) {
    auto name = server.make_database();
    if (!name) return std::move(name).error();
    Connection connection(::PQconnectdb(server.target(*name).c_str()), &::PQfinish);
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
