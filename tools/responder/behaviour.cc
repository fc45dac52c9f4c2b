#include "tools/responder/behaviour.h"

#include <algorithm>

#include "engine/dns/constants.h"
#include "tools/responder/parse.h"

namespace dotring::responder {
namespace {

/// One word of the language. `set` gets what stands behind "=", empty when there is none.
struct Word {
  std::string_view name;
  std::string_view value;  ///< as --help shows it; empty: takes none
  std::string_view help;
  bool (*set)(Behaviour& behaviour, std::string_view value);
};

template <auto kMember>
bool set_flag(Behaviour& behaviour, std::string_view value) {
  behaviour.*kMember = true;
  return value.empty();
}

template <auto kMember>
bool clear_flag(Behaviour& behaviour, std::string_view value) {
  behaviour.*kMember = false;
  return value.empty();
}

template <auto kMember>
bool set_number(Behaviour& behaviour, std::string_view value) {
  using Number = std::remove_reference_t<decltype(behaviour.*kMember)>;
  const auto number = parse_number<Number>(value);
  if (number) behaviour.*kMember = *number;
  return number.has_value();
}

template <auto kMember>
bool set_share(Behaviour& behaviour, std::string_view value) {
  const auto share = parse_share(value);
  if (share) behaviour.*kMember = *share;
  return share.has_value();
}

bool set_rcode(Behaviour& behaviour, std::string_view value) {
  constexpr std::pair<std::string_view, uint16_t> kNames[] = {
      {"noerror", dns::rcode::kNoError},   {"formerr", dns::rcode::kFormErr},
      {"servfail", dns::rcode::kServFail}, {"nxdomain", dns::rcode::kNxDomain},
      {"notimp", dns::rcode::kNotImp},     {"refused", dns::rcode::kRefused}};
  const auto* named = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const auto& each) { return each.first == value; });
  const auto number =
      named != std::end(kNames) ? std::optional(named->second) : parse_number<uint16_t>(value);
  if (!number || *number > 4095) return false;
  behaviour.rcode = *number;
  return true;
}

bool set_extended_error(Behaviour& behaviour, std::string_view value) {
  behaviour.extended_error = parse_number<uint16_t>(value);
  return behaviour.extended_error.has_value();
}

bool set_latency(Behaviour& behaviour, std::string_view value) {
  const auto latency = Latency::parse(value);
  if (latency) behaviour.latency = *latency;
  return latency.has_value();
}

bool set_reorder(Behaviour& behaviour, std::string_view value) {
  const auto share = parse_share(take_until(value, '/'));
  const auto delay_us = parse_duration_us(value);
  if (!share || !delay_us) return false;
  behaviour.reorder = *share;
  behaviour.reorder_us = *delay_us;
  return true;
}

bool set_stall(Behaviour& behaviour, std::string_view value) {
  const auto stall_us = parse_duration_us(take_until(value, '/'));
  const auto every_us = parse_duration_us(value);
  if (!stall_us || !every_us || *every_us <= *stall_us) return false;
  behaviour.stall_us = *stall_us;
  behaviour.stall_every_us = *every_us;
  return true;
}

bool set_idle_close(Behaviour& behaviour, std::string_view value) {
  const auto duration_us = parse_duration_us(value);
  if (!duration_us || *duration_us < 1000) return false;
  behaviour.idle_close_ms = *duration_us / 1000;
  return true;
}

constexpr Word kWords[] = {
    {"rcode", "NAME|NUMBER", "noerror, formerr, servfail, nxdomain, notimp, refused", set_rcode},
    {"nodata", "", "NOERROR without an answer", set_flag<&Behaviour::nodata>},
    {"no-soa", "", "negative answers without SOA", clear_flag<&Behaviour::soa>},
    {"ttl", "SECONDS", "of all records", set_number<&Behaviour::ttl_s>},
    {"records", "COUNT", "in answers of type A and AAAA", set_number<&Behaviour::records>},
    {"size", "OCTETS", "the answer grows to this, by more A, AAAA or longer TXT records",
     set_number<&Behaviour::size>},
    {"truncate", "", "TC over UDP, however small the answer", set_flag<&Behaviour::truncate>},
    {"no-edns", "", "as if EDNS were unknown", clear_flag<&Behaviour::edns>},
    {"extended-error", "CODE", "of RFC 8914", set_extended_error},
    {"latency", "LATENCY",
     "20ms, uniform/10ms/30ms, normal/20ms/5ms (mean, deviation), exponential/20ms", set_latency},
    {"loss", "SHARE", "of queries is not answered: 10% or 0.1", set_share<&Behaviour::loss>},
    {"reorder", "SHARE/DURATION", "of answers is held back for so long: 10%/50ms", set_reorder},
    {"stall", "DURATION/PERIOD", "nothing is answered for so long in every period: 200ms/2s",
     set_stall},
    {"drop", "", "never answers", set_flag<&Behaviour::drop>},
    {"wrong-id", "", "the answer has another id", set_flag<&Behaviour::wrong_id>},
    {"wrong-question", "", "the answer has another question", set_flag<&Behaviour::wrong_question>},
    {"twice", "", "answers twice", set_flag<&Behaviour::twice>},
    {"garbage", "", "random octets in place of the message", set_flag<&Behaviour::garbage>},
    {"garbage-stream", "", "random octets in place of the whole frame",
     set_flag<&Behaviour::garbage_stream>},
    {"half-frame", "", "half of the frame, then the connection ends (with stall-connection: stays)",
     set_flag<&Behaviour::half_frame>},
    {"stall-connection", "", "nothing on this connection is answered any more",
     set_flag<&Behaviour::stall_connection>},
    {"close-after", "COUNT", "the connection is closed in order after so many queries",
     set_number<&Behaviour::close_after>},
    {"reset-after", "COUNT", "the connection is reset at that query, answers in flight are lost",
     set_number<&Behaviour::reset_after>},
    {"idle-close", "DURATION", "the connection is closed when idle for so long", set_idle_close},
};

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

std::optional<std::string> parse_word(std::string_view text, Behaviour& behaviour) {
  std::string_view value = text;
  const std::string_view name = take_until(value, '=');
  const auto* word = std::find_if(std::begin(kWords), std::end(kWords),
                                  [&](const Word& each) { return each.name == name; });
  if (word == std::end(kWords)) return "unknown behaviour " + quoted(name);
  if (word->set(behaviour, without_blanks(value))) return std::nullopt;
  const std::string form =
      word->value.empty() ? "it takes no value" : "wanted " + std::string(word->value);
  return quoted(text) + ": " + form + " (" + std::string(word->help) + ")";
}

}  // namespace

std::optional<std::string> parse_behaviour(std::string_view text, Behaviour& behaviour) {
  do {
    if (auto failure = parse_word(take_until(text, ','), behaviour)) return failure;
  } while (!text.empty());
  return std::nullopt;
}

std::string behaviour_help() {
  std::string help;
  for (const Word& word : kWords) {
    std::string form(word.name);
    if (!word.value.empty()) form += "=" + std::string(word.value);
    form.resize(std::max<size_t>(form.size() + 2, 26), ' ');
    help += "  " + form + std::string(word.help) + "\n";
  }
  return help;
}

}  // namespace dotring::responder
