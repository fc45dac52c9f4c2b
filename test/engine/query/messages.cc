#include "test/engine/query/messages.h"

#include <ldns/ldns.h>

#include <stdexcept>

namespace dotring::query {
namespace {

void put16(Octets& to, size_t value) {
  to.push_back(static_cast<uint8_t>(value >> 8));
  to.push_back(static_cast<uint8_t>(value));
}

void put(Octets& to, const Octets& octets) {
  to.insert(to.end(), octets.begin(), octets.end());
}

void put_opt(Octets& to, uint16_t udp_size, uint16_t extended_rcode, uint8_t version,
             bool dnssec_ok, const Octets& options) {
  to.push_back(0);
  put16(to, 41);
  put16(to, udp_size);
  to.push_back(static_cast<uint8_t>(extended_rcode));
  to.push_back(version);
  put16(to, dnssec_ok ? 0x8000 : 0);
  put16(to, options.size());
  put(to, options);
}

std::vector<std::string> texts_of(const ldns_rr_list* records) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    char* text = ldns_rr2str(ldns_rr_list_rr(records, i));
    std::string joined;
    for (const std::string& word : words_of(text)) joined += (joined.empty() ? "" : " ") + word;
    texts.push_back(joined);
    free(text);
  }
  return texts;
}

void read_options(const ldns_pkt* packet, ParsedReply& reply) {
  const ldns_rdf* data = ldns_pkt_edns_data(packet);
  if (!data) return;
  const uint8_t* at = ldns_rdf_data(data);
  size_t left = ldns_rdf_size(data);
  while (left >= 4) {
    const size_t size = load_be16(at + 2);
    if (size > left - 4) return;
    reply.options.emplace_back(load_be16(at), Octets(at + 4, at + 4 + size));
    at += 4 + size;
    left -= 4 + size;
  }
}

void push_records(ldns_pkt* packet, ldns_pkt_section section,
                  const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    ldns_rr* record = nullptr;
    if (ldns_rr_new_frm_str(&record, text.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) {
      throw std::invalid_argument("ldns cannot read the record: " + text);
    }
    ldns_pkt_push_rr(packet, section, record);
  }
}

void read_header(const ldns_pkt* packet, const Octets& message, ParsedReply& reply) {
  reply.id = ldns_pkt_id(packet);
  reply.qr = ldns_pkt_qr(packet);
  reply.aa = ldns_pkt_aa(packet);
  reply.tc = ldns_pkt_tc(packet);
  reply.rd = ldns_pkt_rd(packet);
  reply.ra = ldns_pkt_ra(packet);
  reply.ad = ldns_pkt_ad(packet);
  reply.cd = ldns_pkt_cd(packet);
  reply.z = (message[3] & 0x40) != 0;
  reply.opcode = static_cast<uint8_t>(ldns_pkt_get_opcode(packet));
  reply.rcode = ldns_pkt_get_rcode(packet);
}

void read_question(const ldns_pkt* packet, ParsedReply& reply) {
  const ldns_rr_list* questions = ldns_pkt_question(packet);
  reply.question_count = static_cast<uint16_t>(ldns_rr_list_rr_count(questions));
  if (reply.question_count == 0) return;
  const ldns_rr* question = ldns_rr_list_rr(questions, 0);
  const ldns_rdf* owner = ldns_rr_owner(question);
  const uint8_t* name = ldns_rdf_data(owner);
  reply.question_name.assign(name, name + ldns_rdf_size(owner));
  reply.question_type = ldns_rr_get_type(question);
  reply.question_class = ldns_rr_get_class(question);
}

std::string rcode_text(uint16_t rcode) {
  if (rcode == 16) return "BADVERS";
  ldns_lookup_table* entry = ldns_lookup_by_id(ldns_rcodes, rcode);
  return entry ? entry->name : "RCODE" + std::to_string(rcode);
}

}  // namespace

Octets name_wire(const std::string& name) {
  ldns_rdf* rdf = ldns_dname_new_frm_str(name.c_str());
  if (!rdf) throw std::invalid_argument("ldns cannot read the name: " + name);
  const uint8_t* data = ldns_rdf_data(rdf);
  Octets wire(data, data + ldns_rdf_size(rdf));
  ldns_rdf_deep_free(rdf);
  return wire;
}

uint16_t type_number(const std::string& type) {
  return static_cast<uint16_t>(ldns_get_rr_type_by_name(type.c_str()));
}

Octets make_option(uint16_t code, const Octets& value) {
  Octets option;
  put16(option, code);
  put16(option, value.size());
  put(option, value);
  return option;
}

Octets make_query(const QuerySpec& spec) {
  const int opt_count = spec.edns ? spec.opt_count : 0;
  Octets query;
  put16(query, spec.id);
  put16(query, static_cast<size_t>(spec.opcode << 11 | spec.rd << 8 | spec.z << 6 | spec.ad << 5 |
                                   spec.cd << 4));
  put16(query, spec.question_count);
  put16(query, 0);
  put16(query, 0);
  put16(query, static_cast<size_t>(opt_count));
  for (int i = 0; i < spec.question_count; ++i) {
    put(query, name_wire(spec.name));
    put16(query, type_number(spec.type));
    put16(query, spec.klass);
  }
  for (int i = 0; i < opt_count; ++i) {
    put_opt(query, spec.udp_size, 0, spec.version, spec.dnssec_ok, spec.options);
  }
  put(query, spec.behind);
  return query;
}

Octets make_answer(const AnswerSpec& spec) {
  ldns_pkt* packet = ldns_pkt_new();
  ldns_pkt_set_id(packet, 4711);
  ldns_pkt_set_qr(packet, true);
  ldns_pkt_set_rd(packet, true);
  ldns_pkt_set_ra(packet, true);
  ldns_pkt_set_aa(packet, spec.aa);
  ldns_pkt_set_tc(packet, spec.tc);
  ldns_pkt_set_ad(packet, spec.ad);
  ldns_lookup_table* rcode = ldns_lookup_by_name(ldns_rcodes, spec.rcode.c_str());
  if (!rcode) throw std::invalid_argument("no such rcode: " + spec.rcode);
  ldns_pkt_set_rcode(packet, static_cast<uint8_t>(rcode->id));
  ldns_rr* question = nullptr;
  const std::string text = spec.name + " IN " + spec.type;
  if (ldns_rr_new_question_frm_str(&question, text.c_str(), nullptr, nullptr) != LDNS_STATUS_OK) {
    throw std::invalid_argument("ldns cannot read the question: " + text);
  }
  ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, question);
  push_records(packet, LDNS_SECTION_ANSWER, spec.answers);
  push_records(packet, LDNS_SECTION_AUTHORITY, spec.authority);
  push_records(packet, LDNS_SECTION_ADDITIONAL, spec.additional);
  uint8_t* wire = nullptr;
  size_t size = 0;
  ldns_pkt2wire(&wire, packet, &size);
  Octets answer(wire, wire + size);
  free(wire);
  ldns_pkt_free(packet);
  if (spec.z) answer[3] |= 0x40;
  if (!spec.edns) return answer;
  put_opt(answer, 1232, spec.rcode_extended, 0, false, spec.options);
  store_be16(answer.data() + 10, static_cast<uint16_t>(load_be16(answer.data() + 10) + 1));
  return answer;
}

ParsedReply parse_reply(const Octets& message) {
  ParsedReply reply;
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, message.data(), message.size()) != LDNS_STATUS_OK) return reply;
  reply.parsed = true;
  read_header(packet, message, reply);
  read_question(packet, reply);
  reply.edns = ldns_pkt_edns(packet);
  if (reply.edns) {
    reply.dnssec_ok = ldns_pkt_edns_do(packet);
    reply.udp_size = ldns_pkt_edns_udp_size(packet);
    reply.version = ldns_pkt_edns_version(packet);
    reply.rcode = static_cast<uint16_t>(reply.rcode | ldns_pkt_edns_extended_rcode(packet) << 4);
    read_options(packet, reply);
  }
  reply.rcode_name = rcode_text(reply.rcode);
  reply.answers = texts_of(ldns_pkt_answer(packet));
  reply.authority = texts_of(ldns_pkt_authority(packet));
  reply.additional = texts_of(ldns_pkt_additional(packet));
  ldns_pkt_free(packet);
  return reply;
}

}  // namespace dotring::query
