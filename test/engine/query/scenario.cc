#include "test/engine/query/scenario.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <sstream>

namespace dotring::query {
namespace {

void append(Octets& to, const Octets& octets) {
  to.insert(to.end(), octets.begin(), octets.end());
}

Transport take_transport(Words& words) {
  if (take(words, "tcp")) return Transport::Tcp;
  if (take(words, "tls")) return Transport::Tls;
  if (take(words, "https")) return Transport::Https;
  take(words, "udp");
  return Transport::Udp;
}

Octets take_query_options(Words& words) {
  Octets options;
  if (take(words, "ecs")) append(options, make_option(8, {0, 1, 24, 0, 192, 0, 2}));
  if (take(words, "cookie")) append(options, make_option(10, Octets(8, 0xcc)));
  if (take(words, "keepalive")) append(options, make_option(11, {}));
  if (take(words, "unknown-option")) append(options, make_option(65001, {1, 2, 3}));
  if (take(words, "pad")) append(options, make_option(12, Octets(20, 0)));
  return options;
}

uint64_t duration_ms(const std::string& word) {
  const bool milliseconds = word.find("ms") != std::string::npos;
  return std::stoul(word) * (milliseconds ? 1 : 1000);
}

ForwardResult result_of(const std::string& word) {
  if (word == "timeout") return ForwardResult::TimedOut;
  if (word == "network") return ForwardResult::NetworkFailed;
  if (word == "noupstream") return ForwardResult::NoUpstream;
  if (word == "cancelled") return ForwardResult::Cancelled;
  throw std::invalid_argument("no such result: " + word);
}

void expect_no_more(const Words& words) {
  for (const std::string& word : words) ADD_FAILURE() << "not understood: " << word;
}

}  // namespace

void play(std::string_view text) {
  Scenario().play(text);
}

std::string addresses(int count, const std::string& name) {
  std::string text;
  for (int i = 1; i <= count; ++i) {
    text += "> " + name + " 60 IN A 192.0." + std::to_string(i / 256) + "." +
            std::to_string(i % 256) + "\n";
  }
  return text;
}

void Scenario::play(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::pair<int, Words>> commands;
  std::vector<Records> records;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    Words words = words_of(line);
    if (words.empty() || words[0][0] == '#') continue;
    if (words[0][0] != '>') {
      commands.emplace_back(number, words);
      records.emplace_back();
      continue;
    }
    std::string record;
    for (size_t i = 1; i < words.size(); ++i) record += (i > 1 ? " " : "") + words[i];
    Records& last = records.back();
    (words[0] == ">"    ? last.answers
     : words[0] == ">>" ? last.authority
                        : last.additional)
        .push_back(record);
  }
  for (size_t i = 0; i < commands.size(); ++i) {
    std::string line;
    for (const std::string& word : commands[i].second) line += " " + word;
    SCOPED_TRACE("line " + std::to_string(commands[i].first) + ":" + line);
    run(commands[i].second, records[i]);
  }
  at_end();
}

void Scenario::run(const Words& words, const Records& records) {
  const std::string& verb = words[0];
  if (verb == "ask") return ask(words);
  if (verb == "asked") return asked(words);
  if (verb == "answer") return answer(words, records);
  if (verb == "fails") return fails(words);
  if (verb == "reply") return reply(words, records);
  if (verb == "waits") return waits(words);
  if (verb == "dropped") return dropped(words);
  if (verb == "gone") return void(world_.port.gone.insert(client(words.at(1)).number));
  if (verb == "cached") return cached(words, records);
  if (verb == "forget") {
    const Asked question = read_question(words, 1);
    return void(world_.store.entries.erase(FakeStore::text_of_key(question.key)));
  }
  if (verb == "stored") return stored(words);
  if (verb == "slow-tier") return void(world_.store.has_slow_tier = words.at(1) == "on");
  if (verb == "fetching") {
    const Asked question = read_question(words, 1);
    EXPECT_NE(world_.store.fetch_of(FakeStore::text_of_key(question.key)), nullptr);
    return;
  }
  if (verb == "fetched") return fetched(words, records);
  if (verb == "after") return world_.advance_ms(duration_ms(words.at(1)));
  if (verb == "forwarder") return void(world_.forwarder.full = words.at(1) == "full");
  if (verb == "drain") return world_.pipeline->drain();
  if (verb == "waiting") {
    EXPECT_EQ(world_.pipeline->in_flight(), std::stoul(words.at(1)));
    return;
  }
  ADD_FAILURE() << "no such command";
}

Scenario::Client& Scenario::client(const std::string& name) {
  Client& client = clients_[name];
  if (client.number == 0) client.number = clients_.size();
  return client;
}

// -------------------------------------------------------------------------------------------------
// Questions

Scenario::Asked Scenario::read_question(const Words& words, size_t from) const {
  Asked asked;
  asked.rest.assign(words.begin() + static_cast<ptrdiff_t>(from) + 2, words.end());
  QuerySpec& query = asked.query;
  query.name = words.at(from);
  query.type = words.at(from + 1);
  query.dnssec_ok = take(asked.rest, "do");
  query.cd = take(asked.rest, "cd");
  query.rd = !take(asked.rest, "nord");
  if (const auto klass = take_number(asked.rest, "class")) query.klass = *klass;
  const uint8_t bits = static_cast<uint8_t>((query.dnssec_ok ? dns::QuestionKey::kDo : 0) |
                                            (query.cd ? dns::QuestionKey::kCd : 0) |
                                            (query.rd ? dns::QuestionKey::kRd : 0));
  asked.key = world_.key(query.name, query.type, bits, query.klass);
  return asked;
}

void Scenario::ask(const Words& words) {
  Asked asked = read_question(words, 2);
  Words& rest = asked.rest;
  Client& who = client(words.at(1));
  ASSERT_FALSE(world_.port.ended.contains(who.number)) << "a client asks once";
  QuerySpec& query = asked.query;
  query.id = static_cast<uint16_t>(0x5000 + who.number);
  who.transport = take_transport(rest);
  query.options = take_query_options(rest);
  const auto size = take_number(rest, "edns");
  if (size) query.udp_size = *size;
  query.edns = take(rest, "edns") || size || query.dnssec_ok || !query.options.empty();
  query.ad = take(rest, "ad");
  query.z = take(rest, "z");
  if (const auto version = take_number(rest, "version")) {
    query.edns = true;
    query.version = static_cast<uint8_t>(*version);
  }
  if (const auto opcode = take_number(rest, "opcode")) query.opcode = static_cast<uint8_t>(*opcode);
  if (const auto count = take_number(rest, "questions")) query.question_count = *count;
  if (const auto count = take_number(rest, "opts")) query.opt_count = *count;
  if (take(rest, "garbage-behind")) query.behind = {1, 2, 3};
  expect_no_more(rest);
  who.query = query;
  world_.handle(who.number, who.transport, make_query(query));
}

void Scenario::asked(const Words& words) {
  const auto& asked = world_.forwarder.asked;
  if (words.at(1) == "nothing") {
    for (; asked_read_ < asked.size(); ++asked_read_) {
      ADD_FAILURE() << "the upstream was asked " << dns::name_to_text(asked[asked_read_].name());
    }
    return;
  }
  const Asked expected = read_question(words, 1);
  expect_no_more(expected.rest);
  ASSERT_LT(asked_read_, asked.size()) << "the upstream was not asked";
  EXPECT_TRUE(asked[asked_read_] == expected.key)
      << "it was asked " << dns::name_to_text(asked[asked_read_].name()) << " type "
      << asked[asked_read_].type() << " bits " << int{asked[asked_read_].bits()};
  ++asked_read_;
}

// -------------------------------------------------------------------------------------------------
// Answers

AnswerSpec Scenario::read_answer(const Asked& asked, const Records& records) const {
  Words rest = asked.rest;
  AnswerSpec spec;
  spec.name = asked.query.name;
  spec.type = asked.query.type;
  spec.aa = take(rest, "aa");
  spec.ad = take(rest, "ad");
  spec.tc = take(rest, "tc");
  spec.z = take(rest, "z");
  spec.edns = !take(rest, "noopt");
  if (const auto code = take_number(rest, "ede")) {
    append(spec.options,
           make_option(15, {static_cast<uint8_t>(*code >> 8), static_cast<uint8_t>(*code)}));
  }
  if (const auto ecs = take_value(rest, "ecs")) {
    const uint8_t source = static_cast<uint8_t>(std::stoul(*ecs));
    const uint8_t scope = static_cast<uint8_t>(std::stoul(ecs->substr(ecs->find('/') + 1)));
    Octets option = {0, 1, source, scope};
    option.resize(4 + (source + 7u) / 8, 198);
    append(spec.options, make_option(8, option));
  }
  if (const auto high = take_number(rest, "high-rcode")) spec.rcode_extended = *high;
  if (!rest.empty()) {
    spec.rcode = rest.front();
    rest.erase(rest.begin());
  }
  expect_no_more(rest);
  spec.answers = records.answers;
  spec.authority = records.authority;
  spec.additional = records.additional;
  return spec;
}

void Scenario::answer(const Words& words, const Records& records) {
  const Asked asked = read_question(words, 1);
  Forward* forward = world_.forwarder.find(asked.key);
  ASSERT_NE(forward, nullptr) << "no such question is in flight";
  world_.forwarder.answer(*forward, make_answer(read_answer(asked, records)));
}

void Scenario::fails(const Words& words) {
  Asked asked = read_question(words, 1);
  Forward* forward = world_.forwarder.find(asked.key);
  ASSERT_NE(forward, nullptr) << "no such question is in flight";
  world_.forwarder.fail(*forward, result_of(asked.rest.at(0)));
}

Octets Scenario::stored_form(const AnswerSpec& spec, const dns::QuestionKey& key) const {
  const Octets message = make_answer(spec);
  const dns::AnswerView view = dns::view_answer(message, {key.name(), key.type(), key.klass()});
  EXPECT_EQ(view.fault, dns::AnswerFault::None);
  Octets stored(message.size());
  stored.resize(dns::to_stored_form(message, view, stored.data()));
  return stored;
}

void Scenario::cached(const Words& words, const Records& records) {
  Asked asked = read_question(words, 2);
  FakeStore::Entry entry;
  entry.refresh_due = take(asked.rest, "refresh");
  entry.freshness = words.at(1) == "fresh"   ? Freshness::Fresh
                    : words.at(1) == "stale" ? Freshness::Stale
                                             : Freshness::Failing;
  if (entry.freshness != Freshness::Failing) {
    entry.message = stored_form(read_answer(asked, records), asked.key);
  }
  world_.store.entries[FakeStore::text_of_key(asked.key)] = entry;
}

void Scenario::stored(const Words& words) {
  const auto& stored = world_.store.stored;
  if (words.at(1) == "nothing") {
    EXPECT_EQ(stored.size(), stored_read_);
    return;
  }
  const bool failure = words.at(1) == "failure";
  const Asked expected = read_question(words, failure ? 2 : 1);
  ASSERT_LT(stored_read_, stored.size()) << "nothing was stored";
  const FakeStore::Stored& event = stored[stored_read_++];
  EXPECT_TRUE(event.key == expected.key) << dns::name_to_text(event.key.name());
  EXPECT_EQ(event.failure, failure);
  if (expected.rest.empty()) return;
  ldns_lookup_table* rcode = ldns_lookup_by_id(ldns_rcodes, event.rcode);
  ASSERT_NE(rcode, nullptr);
  EXPECT_EQ(rcode->name, expected.rest.at(0));
}

void Scenario::fetched(const Words& words, const Records& records) {
  const Asked asked = read_question(words, 1);
  Fetch* fetch = world_.store.fetch_of(FakeStore::text_of_key(asked.key));
  ASSERT_NE(fetch, nullptr) << "no such question is being fetched";
  world_.store.fetches.erase(fetch);
  if (asked.rest.at(0) == "nothing") return fetch->on_done(*fetch, {});
  const Octets stored = stored_form(read_answer(asked, records), asked.key);
  world_.store.entries[FakeStore::text_of_key(asked.key)] = {Freshness::Fresh, stored, false};
  fetch->on_done(*fetch, stored);
}

// -------------------------------------------------------------------------------------------------
// Replies

void Scenario::waits(const Words& words) {
  EXPECT_FALSE(world_.port.ended.contains(client(words.at(1)).number));
}

void Scenario::dropped(const Words& words) {
  EXPECT_TRUE(world_.port.dropped.contains(client(words.at(1)).number));
}

void Scenario::reply(const Words& words, const Records& records) {
  Client& who = client(words.at(1));
  const auto it = world_.port.replies.find(who.number);
  ASSERT_NE(it, world_.port.replies.end()) << "there is no reply";
  who.reply_read = true;
  const ParsedReply reply = parse_reply(it->second);
  ASSERT_TRUE(reply.parsed) << "ldns cannot read the reply";
  Words expected(words.begin() + 2, words.end());
  const bool question = !take(expected, "question=none");
  EXPECT_EQ(reply.question_count, question ? 1 : 0);
  std::string text;
  for (const std::string& word : expected) text += (text.empty() ? "" : " ") + word;
  EXPECT_EQ(words_about(who, reply, it->second.size()), text);
  EXPECT_EQ(reply.answers, records.answers);
  EXPECT_EQ(reply.authority, records.authority);
  EXPECT_EQ(reply.additional, records.additional);
  check_always(who, reply, it->second.size());
}

void Scenario::check_always(const Client& who, const ParsedReply& reply, size_t size) const {
  const QuerySpec& query = who.query;
  EXPECT_EQ(reply.id, query.id);
  EXPECT_TRUE(reply.qr);
  EXPECT_TRUE(reply.ra);
  EXPECT_EQ(reply.rd, query.rd);
  EXPECT_EQ(reply.cd, query.cd);
  EXPECT_EQ(reply.opcode, query.opcode);
  if (reply.question_count == 1) {
    EXPECT_EQ(reply.question_name, name_wire(query.name)) << "the case that was asked";
    EXPECT_EQ(reply.question_type, type_number(query.type));
    EXPECT_EQ(reply.question_class, query.klass);
  }
  EXPECT_EQ(reply.edns, query.edns);
  if (reply.edns) {
    EXPECT_EQ(reply.dnssec_ok, query.dnssec_ok);
    EXPECT_EQ(reply.udp_size, options_.reply.udp_size_max);
    EXPECT_EQ(reply.version, 0);
  }
  const size_t client_size = query.edns ? std::max<size_t>(query.udp_size, 512) : 512;
  const size_t size_max = who.transport == Transport::Udp
                              ? std::min<size_t>(client_size, options_.reply.udp_size_max)
                              : 65535;
  EXPECT_LE(size, size_max);
}

// All that is not checked elsewhere, in a fixed order.
std::string Scenario::words_about(const Client&, const ParsedReply& reply, size_t size) const {
  std::string words = reply.rcode_name;
  if (reply.aa) words += " aa";
  if (reply.tc) words += " tc";
  if (reply.ad) words += " ad";
  if (reply.z) words += " z";
  for (const auto& [code, value] : reply.options) {
    if (code == 15 && value.size() >= 2) {
      words += " ede=" + std::to_string(load_be16(value.data()));
    } else if (code == 11 && value.size() == 2) {
      words += " keepalive=" + std::to_string(load_be16(value.data()));
    } else if (code == 12) {
      const bool zeros = std::all_of(value.begin(), value.end(), [](uint8_t v) { return v == 0; });
      const bool last = reply.options.back().first == 12;
      words += zeros && last && size % 468 == 0 ? " padded" : " badly-padded";
    } else {
      words += " option" + std::to_string(code);
    }
  }
  return words;
}

void Scenario::at_end() {
  for (const auto& [name, client] : clients_) {
    const bool replied = world_.port.replies.contains(client.number);
    EXPECT_EQ(replied, client.reply_read) << name << " got a reply nobody spoke of";
  }
}

}  // namespace dotring::query
