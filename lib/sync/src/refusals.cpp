// SPDX-License-Identifier: Apache-2.0
#include "refusals.hpp"

#include <array>

#include "topgun/base/check.hpp"

namespace topgun::sync {
namespace {

using Answer = wire::Message (*)(std::string id, std::string error,
                                 std::optional<std::string> code);

// Every response names its request and its error in the same fields; only the names differ.
template <typename T>
wire::Message by_request(std::string id, std::string error, std::optional<std::string>) {
    T out;
    out.request_id = std::move(id);
    out.error = std::move(error);
    return out;
}

template <typename T>
wire::Message by_query(std::string id, std::string error, std::optional<std::string> code) {
    T out;
    out.query_id = std::move(id);
    out.error = std::move(error);
    out.code = std::move(code);
    return out;
}

wire::Message vector_answer(std::string id, std::string error, std::optional<std::string>) {
    wire::VectorSearchResp out;
    out.id = std::move(id);
    out.error = std::move(error);
    return out;
}

// These have no place for an error: an empty list is all that can be said.
template <typename T>
wire::Message empty_list(std::string id, std::string, std::optional<std::string>) {
    T out;
    out.request_id = std::move(id);
    return out;
}

struct Row {
    std::string_view type;
    Unserved kind = Unserved::silent;
    Answer answer = nullptr;
};

// Types that are not here and go to a server get ERROR. LOCK_REQUEST is one of them: TopGun's
// client would take a LOCK_RELEASED, which is how a request is denied, for a grant.
constexpr std::array kRows = {
    Row{"QUERY_SUB", Unserved::answer, by_query<wire::QueryResp>},
    Row{"SQL_QUERY", Unserved::answer, by_query<wire::SqlQueryResp>},
    Row{"SEARCH", Unserved::answer, by_request<wire::SearchResp>},
    Row{"SEARCH_SUB", Unserved::answer, by_request<wire::SearchResp>},
    Row{"VECTOR_SEARCH", Unserved::answer, vector_answer},
    Row{"HYBRID_SEARCH", Unserved::answer, by_request<wire::HybridSearchResp>},
    Row{"HYBRID_SEARCH_SUB", Unserved::answer, by_request<wire::HybridSearchResp>},
    Row{"ENTRY_PROCESS", Unserved::answer, by_request<wire::EntryProcessResponse>},
    Row{"ENTRY_PROCESS_BATCH", Unserved::answer, empty_list<wire::EntryProcessBatchResponse>},
    Row{"REGISTER_RESOLVER", Unserved::answer, by_request<wire::RegisterResolverResponse>},
    Row{"UNREGISTER_RESOLVER", Unserved::answer, by_request<wire::UnregisterResolverResponse>},
    Row{"LIST_RESOLVERS", Unserved::answer, empty_list<wire::ListResolversResponse>},
    Row{"JOURNAL_READ", Unserved::answer, empty_list<wire::JournalReadResponse>},
    Row{"QUERY_UNSUB"},
    Row{"QUERY_SYNC_INIT"},
    Row{"HYBRID_QUERY_SUBSCRIBE"},
    Row{"HYBRID_QUERY_UNSUBSCRIBE"},
    Row{"SEARCH_UNSUB"},
    Row{"HYBRID_SEARCH_UNSUB"},
    Row{"TOPIC_UNSUB"},
    Row{"JOURNAL_UNSUBSCRIBE"},
    Row{"CLIENT_APPLY_ACK"},
};

const Row* find_row(std::string_view type) {
    for (const auto& row : kRows) {
        if (row.type == type) return &row;
    }
    return nullptr;
}

}  // namespace

Unserved unserved_kind(std::string_view type) {
    if (const auto* row = find_row(type)) return row->kind;
    const auto index = wire::find_message_type(type);
    if (index >= wire::kMessageTypes) return Unserved::ignore;
    const auto direction = wire::message_types()[index].direction;
    return direction == wire::Direction::to_server || direction == wire::Direction::both
               ? Unserved::error
               : Unserved::ignore;
}

wire::Message unserved_answer(std::string_view type, std::string request_id, std::string error,
                              std::optional<std::string> code) {
    const auto* row = find_row(type);
    TOPGUN_ASSERT(row != nullptr && row->answer != nullptr, "only such types are answered so");
    return row->answer(std::move(request_id), std::move(error), std::move(code));
}

}  // namespace topgun::sync
