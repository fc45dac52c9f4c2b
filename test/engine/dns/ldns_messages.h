// Random messages written by ldns: many types, shared suffixes so that names are compressed, EDNS
// or none. The same seed gives the same messages.

#pragma once

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <memory>
#include <string>

#include "engine/base/random.h"
#include "test/engine/dns/message_builder.h"

namespace dotring::dns {

struct PacketDeleter {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, PacketDeleter>;

/// What ldns makes of `message`; null when it refuses.
inline Packet parse_with_ldns(Bytes message) {
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, message.data(), message.size()) != LDNS_STATUS_OK) return nullptr;
  return Packet(packet);
}

inline Octets write_with_ldns(const ldns_pkt* packet) {
  uint8_t* wire = nullptr;
  size_t size = 0;
  if (ldns_pkt2wire(&wire, packet, &size) != LDNS_STATUS_OK) return {};
  Octets octets(wire, wire + size);
  free(wire);  // NOLINT: ldns takes it from malloc
  return octets;
}

class LdnsMessages {
 public:
  /// Which types the records have: all of them, or only those that rdata.h looks into.
  enum class Types { All, LookedInto };

  LdnsMessages(Random& random, Types types) : random_(random), types_(types) {}

  Packet query() {
    Packet packet(ldns_pkt_query_new(name_rdf(random_name()),
                                     static_cast<ldns_rr_type>(1 + random_.below(300)),
                                     LDNS_RR_CLASS_IN, 0));
    set_flags(*packet);
    if (random_.below(4) != 0) add_edns(*packet);
    return packet;
  }

  Packet answer() {
    Packet packet = query();
    ldns_pkt_set_qr(packet.get(), true);
    ldns_pkt_set_rcode(packet.get(),
                       random_.below(4) == 0 ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR);
    add_records(*packet, LDNS_SECTION_ANSWER, random_.below(6));
    add_records(*packet, LDNS_SECTION_AUTHORITY, random_.below(3));
    if (random_.below(3) == 0) add_record(*packet, LDNS_SECTION_AUTHORITY, soa());
    add_records(*packet, LDNS_SECTION_ADDITIONAL, random_.below(4));
    return packet;
  }

  std::string random_name() {
    static const char* const kLabels[] = {"example", "com", "WWW", "a", "Mail-1", "\\000\\255x"};
    std::string name;
    for (uint32_t i = 0; i < 1 + random_.below(5); ++i) {
      name += kLabels[random_.below(6)];
      name += '.';
    }
    return random_.below(30) == 0 ? "." : name;
  }

 private:
  static ldns_rdf* name_rdf(const std::string& text) {
    return ldns_dname_new_frm_str(text.c_str());
  }

  void set_flags(ldns_pkt& packet) {
    ldns_pkt_set_id(&packet, static_cast<uint16_t>(random_.below(65536)));
    ldns_pkt_set_rd(&packet, random_.below(2) != 0);
    ldns_pkt_set_cd(&packet, random_.below(2) != 0);
    ldns_pkt_set_ad(&packet, random_.below(2) != 0);
  }

  void add_edns(ldns_pkt& packet) {
    ldns_pkt_set_edns_udp_size(&packet, static_cast<uint16_t>(1 + random_.below(65535)));
    ldns_pkt_set_edns_do(&packet, random_.below(2) != 0);
    if (random_.below(2) == 0) return;
    ldns_edns_option_list* options = ldns_edns_option_list_new();
    add_option(*options, option::kCookie, 16 + random_.below(25));
    if (random_.below(2) == 0) add_option(*options, option::kTcpKeepalive, 2);
    if (random_.below(2) == 0) add_option(*options, option::kExtendedError, 2 + random_.below(9));
    if (random_.below(2) == 0) add_option(*options, 65001, random_.below(9));
    add_option(*options, option::kPadding, random_.below(100));
    ldns_pkt_set_edns_option_list(&packet, options);
  }

  void add_option(ldns_edns_option_list& options, uint16_t code, size_t size) {
    Octets data(size + 1);
    for (uint8_t& octet : data) octet = static_cast<uint8_t>(random_.below(256));
    ldns_edns_option_list_push(
        &options,
        ldns_edns_new_from_data(static_cast<ldns_edns_option_code>(code), size, data.data()));
  }

  void add_records(ldns_pkt& packet, ldns_pkt_section section, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) add_record(packet, section, random_rdata());
  }

  void add_record(ldns_pkt& packet, ldns_pkt_section section, const std::string& rdata) {
    const uint32_t ttl =
        random_.below(5) == 0 ? 0xffffffff >> random_.below(32) : random_.below(86400);
    const std::string text = random_name() + " 1 IN " + rdata;
    ldns_rr* record = nullptr;
    const ldns_status status = ldns_rr_new_frm_str(&record, text.c_str(), 0, nullptr, nullptr);
    if (status != LDNS_STATUS_OK) {
      ADD_FAILURE() << text << ": " << ldns_get_errorstr_by_id(status);
      return;
    }
    ldns_rr_set_ttl(record, ttl);
    ldns_pkt_push_rr(&packet, section, record);
  }

  std::string soa() {
    return "SOA " + random_name() + " " + random_name() + " 1 2 3 4 " +
           std::to_string(random_.below(100000));
  }

  // RDATA in presentation form: # stands for a small number, @ for a name.
  std::string random_rdata() {
    static const char* const kLookedInto[] = {
        "A 192.0.2.#",
        "AAAA 2001:db8::#",
        "NS @",
        "CNAME @",
        "PTR @",
        "DNAME @",
        "MX # @",
        "SRV # # # @",
        "MINFO @ @",
        "RP @ @",
        "AFSDB # @",
        "RT # @",
        "KX # @",
        "MB @",
        "MG @",
        "MR @",
        "PX # @ @",
        "HINFO x\"y\" \"# #\"",
        "TXT \"a # b\" \"\" \"\\255\"",
        "NAPTR # # \"u\" \"\" \"!^#!x!\" @",
    };
    static const char* const kOthers[] = {
        "TYPE65280 \\# 5 00c0ff4000",
        "CAA 0 issue \"ca.example; x=#\"",
        "DS # 8 2 "
        "ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00",
        "DNSKEY 257 3 8 AwEAAc3d",
        "TLSA 3 1 1 "
        "ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00",
        "SSHFP 1 1 ab00ab00ab00ab00ab00ab00ab00ab00ab00ab00",
        "NSEC @ A NS TYPE65280",
        "RRSIG A 8 2 300 20300101000000 20200101000000 # @ AwEAAc3d",
        "LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
        "SPF \"v=spf1 -all\"",
    };
    const uint32_t count = types_ == Types::All ? 30 : 20;
    const uint32_t chosen = random_.below(count);
    return fill_in(chosen < 20 ? kLookedInto[chosen] : kOthers[chosen - 20]);
  }

  std::string fill_in(std::string_view form) {
    std::string text;
    for (size_t i = 0; i < form.size(); ++i) {
      const bool octets = form[i] == '#' && i > 0 && form[i - 1] == '\\';
      if (form[i] == '@') {
        text += random_name();
      } else if (form[i] == '#' && !octets) {
        text += std::to_string(1 + random_.below(200));
      } else {
        text += form[i];
      }
    }
    return text;
  }

  Random& random_;
  const Types types_;
};

}  // namespace dotring::dns
