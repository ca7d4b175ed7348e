// SPDX-License-Identifier: Apache-2.0
// Rows for other programs: INSERT statements that a session reads back, and MessagePack maps.
#include "quote.hpp"
#include "render.hpp"
#include "topgun/sql/value_text.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::cli {
namespace {

class Inserts final : public Renderer {
public:
    Inserts(const RenderOptions& options, Output& out) : options_(options), out_(out) {}

    void begin(const std::vector<sql::ResultColumn>& columns) override {
        head_ = "INSERT INTO " + quote_name(options_.insert_table) + " (";
        const char* between = "";
        for (const auto& name : unique_names(columns)) {
            head_ += between + quote_name(name);
            between = ", ";
        }
        head_ += ") VALUES (";
    }

    void rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            out_ << head_;
            for (std::size_t i = 0; i < batch.columns.size(); ++i) {
                if (i > 0) out_ << ", ";
                out_ << literal(*batch.columns[i], row);
            }
            out_ << ");\n";
        }
    }

    void end() override {}

private:
    static std::string literal(const Column& column, std::size_t row) {
        if (column.is_null(row)) return "NULL";
        auto text = sql::value_text(column, row);
        const auto type = column.type();
        const bool plain = type.id == TypeId::boolean ||
                           (type.is_number() && text.find_first_of("NI") == std::string::npos);
        return plain ? text : quote_text(text);
    }

    RenderOptions options_;
    Output& out_;
    std::string head_;
};

class MessageMaps final : public Renderer {
public:
    explicit MessageMaps(Output& out) : out_(out) {}

    void begin(const std::vector<sql::ResultColumn>& columns) override {
        names_ = unique_names(columns);
    }

    void rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            Bytes bytes;
            msgpack::Writer writer(bytes);
            writer.map(names_.size());
            for (std::size_t i = 0; i < names_.size(); ++i) {
                writer.string(names_[i]);
                write_value(writer, *batch.columns[i], row);
            }
            out_ << bytes;
        }
    }

    void end() override {}

private:
    static void write_value(msgpack::Writer& writer, const Column& column, std::size_t row) {
        if (column.is_null(row)) return writer.nil();
        switch (column.type().id) {
            case TypeId::null: return writer.nil();
            case TypeId::boolean: return writer.boolean(column.boolean(row));
            case TypeId::bigint: return writer.signed_integer(column.integer(row));
            case TypeId::real: return writer.real(column.real(row));
            case TypeId::bytea: return writer.binary(column.bytes(row));
            case TypeId::json:
            case TypeId::list: return writer.raw(column.bytes(row));
            default: return writer.string(sql::value_text(column, row));
        }
    }

    Output& out_;
    std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Renderer> make_insert_renderer(const RenderOptions& options, Output& out) {
    return std::make_unique<Inserts>(options, out);
}

std::unique_ptr<Renderer> make_msgpack_renderer(const RenderOptions&, Output& out) {
    return std::make_unique<MessageMaps>(out);
}

}  // namespace topgun::cli
