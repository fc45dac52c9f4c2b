#include "tools/dotring/audit/json_format.h"

#include "tools/common/dns_words.h"
#include "tools/dotring/log/line.h"

namespace dotring::appliance {
namespace {

using Fields = std::vector<Field>;

constexpr std::array<const char*, query::kTransports> kTransportNames = {"udp", "tcp", "tls",
                                                                         "https"};
constexpr std::array<const char*, query::kAnsweredFrom> kSourceNames = {
    "memory",  "slower_tier", "upstream", "stale",     "local",
    "refused", "limited",     "shed",     "malformed", "nothing"};
constexpr std::array<const char*, query::kDropReasons> kDropNames = {
    "unanswerable", "client_gone", "over_limit", "turned_away", "shutdown"};

template <typename Enum, size_t kCount>
const char* name_of(const std::array<const char*, kCount>& names, Enum value) {
  return names[static_cast<size_t>(value)];
}

void add_word(std::string& text, bool present, std::string_view word) {
  if (!present) return;
  if (!text.empty()) text += ' ';
  text += word;
}

std::string query_flags(const dns::QueryView& view) {
  std::string text;
  add_word(text, view.header.has(dns::kFlagRd), "rd");
  add_word(text, view.header.has(dns::kFlagAd), "ad");
  add_word(text, view.header.has(dns::kFlagCd), "cd");
  add_word(text, view.has_opt, "edns");
  add_word(text, view.edns.dnssec_ok, "do");
  return text;
}

std::string reply_flags(Bytes reply) {
  const uint16_t flags = load_be16(reply.data() + 2);
  std::string text;
  add_word(text, flags & dns::kFlagAa, "aa");
  add_word(text, flags & dns::kFlagTc, "tc");
  add_word(text, flags & dns::kFlagRa, "ra");
  add_word(text, flags & dns::kFlagAd, "ad");
  return text;
}

std::string class_text(uint16_t klass) {
  return klass == dns::kClassIn ? "IN" : "CLASS" + std::to_string(klass);
}

}  // namespace

void JsonFormat::append(const Record& record, const WallTime& time, std::vector<uint8_t>& to) {
  const RecordFacts& facts = record.facts;
  const dns::QueryView view = dns::view_query(record.query);
  std::string line = "{\"time\":\"" + time_text(time.us(facts.received_us)) + '"';
  const auto add = [&line](const Field& field) { field.append_to(line, LogFormat::Json); };
  if (mask_.shows_address()) add({"client", mask_.text(facts.client.address)});
  if (mask_.shows_port()) add({"port", facts.client.port});
  add({"transport", name_of(kTransportNames, facts.transport)});
  if (view.has_question) {
    add({"name", dns::name_to_text(view.question.name)});
    add({"type", type_to_text(view.question.type)});
    add({"class", class_text(view.question.klass)});
  }
  add({"flags", query_flags(view)});
  if (facts.is_dropped) {
    add({"dropped", name_of(kDropNames, facts.dropped)});
  } else {
    add({"rcode", rcode_to_text(facts.rcode)});
    add({"reply_flags", reply_flags(record.reply)});
    add({"size", facts.reply_size});
  }
  add({"source", name_of(kSourceNames, facts.from)});
  add({"latency_us", facts.answered_us - facts.received_us});
  add({"query_size", facts.query_size});
  line += "}\n";
  to.insert(to.end(), line.begin(), line.end());
}

}  // namespace dotring::appliance
