#include "tools/responder/query_log.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace dotring::responder {
namespace {

using Json = nlohmann::ordered_json;

const char* verdict_text(dns::QueryVerdict verdict) {
  switch (verdict) {
    case dns::QueryVerdict::Accept:
      return "accept";
    case dns::QueryVerdict::Drop:
      return "drop";
    case dns::QueryVerdict::FormErr:
      return "formerr";
    case dns::QueryVerdict::NotImp:
      return "notimp";
    case dns::QueryVerdict::BadVers:
      return "badvers";
  }
  return "unknown";
}

std::string hexadecimal(Bytes bytes) {
  std::string text;
  for (const uint8_t octet : bytes) {
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  return text;
}

Json edns_json(const dns::Edns& edns) {
  return {{"udp_size", edns.udp_size},
          {"do", edns.dnssec_ok},
          {"padding", edns.padding},
          {"keepalive", edns.keepalive_100ms.has_value()},
          {"cookie", hexadecimal(edns.cookie)},
          {"client_subnet", hexadecimal(edns.client_subnet)}};
}

}  // namespace

const char* to_text(query::Transport transport) {
  constexpr const char* kNames[query::kTransports] = {"udp", "tcp", "tls", "https"};
  return kNames[static_cast<size_t>(transport)];
}

void log_query(const query::ClientQuery& query, const dns::QueryView& view) {
  Json line = {{"query", view.has_question ? dns::name_to_text(view.question.name) : ""},
               {"type", view.question.type},
               {"class", view.question.klass},
               {"id", view.header.id},
               {"flags", view.header.flags},
               {"transport", to_text(query.transport)},
               {"client", query.client.to_text()},
               {"size", query.message.size()},
               {"verdict", verdict_text(view.verdict)}};
  if (view.has_opt) line["edns"] = edns_json(view.edns);
  std::puts(line.dump().c_str());
  std::fflush(stdout);
}

}  // namespace dotring::responder
