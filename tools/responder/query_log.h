// What arrived, one JSON line per query on standard output: for tests that check what a client
// sends.

#pragma once

#include "engine/dns/query_view.h"
#include "engine/query/ports.h"

namespace dotring::responder {

/// {"query": "www.example.", "type": 1, "class": 1, "id": 7, "flags": 256, "transport": "tls",
///  "client": "127.0.0.1:4000", "size": 128, "verdict": "accept"}, and with EDNS
/// "edns": {"udp_size": 1232, "do": false, "padding": true, "keepalive": true, "cookie":
/// "0102030405060708",
///          "client_subnet": ""}.
void log_query(const query::ClientQuery& query, const dns::QueryView& view);

/// "udp", "tcp", "tls", "https".
const char* to_text(query::Transport transport);

}  // namespace dotring::responder
