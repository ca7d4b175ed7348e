// SPDX-License-Identifier: Apache-2.0
// jsonb_path_query() and its like: what a path of SQL/JSON finds in a document.
#include "function.hpp"
#include "jsonpath.hpp"
#include "set_function.hpp"
#include "text_kernels.hpp"

namespace topgun::sql {
namespace {

using T = std::string_view;
using Values = std::vector<ValueView>;

// Keeps the last path parsed: it is nearly always one for all rows.
class PathCache {
public:
    Result<const jsonpath::Path*> get(T text) {
        if (path_ != nullptr && text == text_) return path_.get();
        auto path = jsonpath::parse(text);
        if (!path) return std::move(path).error();
        text_ = text;
        path_ = std::move(*path);
        return path_.get();
    }

private:
    std::string text_;
    std::shared_ptr<const jsonpath::Path> path_;
};

// What a call asks: document, path, variables, and whether errors are NULL.
struct Question {
    ValueView document;
    const jsonpath::Path* path = nullptr;
    ValueView vars;
    bool silent = false;
};

Result<Question> question_of(Arguments arguments, std::size_t row, PathCache& cache) {
    Question out;
    out.document = ValueView(arguments[0]->bytes(row));
    auto path = cache.get(arguments[1]->bytes(row));
    if (!path) return std::move(path).error();
    out.path = *path;
    if (arguments.size() > 2) {
        out.vars = ValueView(arguments[2]->bytes(row));
        if (out.vars.kind() != msgpack::Kind::map) {
            return Error(Errc::bad_input,
                         "\"vars\" argument is not an object: jsonpath parameters should be "
                         "encoded as key-value pairs of \"vars\" object");
        }
    }
    out.silent = arguments.size() > 3 && arguments[3]->boolean(row);
    return out;
}

bool is_suppressed(const Status& status, bool silent) {
    return silent && !status && status.error().code() == Errc::bad_input;
}

// Calls answer(question, found, failed, out) for each row; `failed` only when errors are silent.
template <bool always_silent, typename Answer>
Result<ColumnPtr> path_rows(Arguments arguments, std::size_t rows, DataType result,
                            Answer&& answer) {
    PathCache cache;
    Values found;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        auto question = question_of(arguments, row, cache);
        if (!question) return std::move(question).error();
        question->silent = question->silent || always_silent;
        found.clear();
        jsonpath::Executor executor(*question->path, question->vars);
        auto status = executor.run(question->document, found);
        const bool failed = is_suppressed(status, question->silent);
        return answer(*question, found, failed, std::move(status), out);
    });
}

template <bool always_silent>
Result<ColumnPtr> exists_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return path_rows<always_silent>(
        arguments, rows, result,
        [](const Question& question, const Values& found, bool failed, Status status, Column& out) {
            // A lax path is not followed beyond the first that it finds.
            if (question.path->lax && !found.empty()) {
                out.add_boolean(true);
            } else if (failed) {
                out.add_null();
            } else {
                if (!status) return status;
                out.add_boolean(!found.empty());
            }
            return Status();
        });
}

template <bool always_silent>
Result<ColumnPtr> match_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return path_rows<always_silent>(
        arguments, rows, result,
        [](const Question& question, const Values& found, bool failed, Status status,
           Column& out) -> Status {
            if (!failed && !status) return status;
            const auto truth = found.size() == 1 ? found[0].as_bool() : std::nullopt;
            if (truth && !failed) {
                out.add_boolean(*truth);
            } else if (failed || question.silent || (found.size() == 1 && found[0].is_nil())) {
                out.add_null();
            } else {
                return Error(Errc::bad_input, "single boolean result is expected");
            }
            return {};
        });
}

template <bool first>
Result<ColumnPtr> query_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return path_rows<false>(
        arguments, rows, result,
        [](const Question&, const Values& found, bool failed, Status status, Column& out) {
            if (!failed && !status) return status;
            if (first) {
                if (found.empty())
                    out.add_null();
                else
                    out.add_bytes(found[0].bytes());
                return Status();
            }
            Bytes bytes;
            msgpack::Writer writer(bytes);
            writer.array(found.size());
            for (const auto value : found) writer.raw(value.bytes());
            out.add_bytes(bytes);
            return Status();
        });
}

Result<std::unique_ptr<SetRows>> open_query(const EvalContext&, Arguments arguments,
                                            std::size_t row) {
    for (const auto& argument : arguments) {
        if (argument->is_null(row)) return no_rows();
    }
    PathCache cache;
    auto question = question_of(arguments, row, cache);
    if (!question) return std::move(question).error();
    Values found;
    jsonpath::Executor executor(*question->path, question->vars);
    auto status = executor.run(question->document, found);
    if (!status && !is_suppressed(status, question->silent)) return std::move(status).error();
    std::vector<Column> columns;
    columns.emplace_back(DataType(TypeId::json));
    for (const auto value : found) columns[0].add_bytes(value.bytes());
    return rows_of(std::move(columns));
}

// (document, path [, vars [, silent]])
template <typename Add>
void for_each_signature(Add&& add) {
    const DataType json(TypeId::json), text(TypeId::text);
    std::vector<DataType> arguments{json, text};
    add(arguments);
    arguments.push_back(json);
    add(arguments);
    arguments.emplace_back(TypeId::boolean);
    add(arguments);
}

}  // namespace

void add_json_paths(std::vector<Function>& to) {
    const DataType json(TypeId::json), text(TypeId::text), truth(TypeId::boolean);
    to.push_back({"@?", {json, text}, truth, exists_rows<true>});
    to.push_back({"@@", {json, text}, truth, match_rows<true>});
    for_each_signature([&](const std::vector<DataType>& arguments) {
        for (const auto* name : {"jsonb_path_exists", "jsonb_path_exists_tz"}) {
            to.push_back({name, arguments, truth, exists_rows<false>});
        }
        for (const auto* name : {"jsonb_path_match", "jsonb_path_match_tz"}) {
            to.push_back({name, arguments, truth, match_rows<false>});
        }
        for (const auto* name : {"jsonb_path_query_array", "jsonb_path_query_array_tz"}) {
            to.push_back({name, arguments, json, query_rows<false>});
        }
        for (const auto* name : {"jsonb_path_query_first", "jsonb_path_query_first_tz"}) {
            to.push_back({name, arguments, json, query_rows<true>});
        }
    });
}

void add_path_sets(std::vector<SetFunction>& to) {
    for_each_signature([&](const std::vector<DataType>& arguments) {
        for (const auto* name : {"jsonb_path_query", "jsonb_path_query_tz"}) {
            to.push_back({name, arguments, {{name, TypeId::json}}, open_query});
        }
    });
}

}  // namespace topgun::sql
