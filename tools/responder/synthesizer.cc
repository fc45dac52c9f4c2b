#include "tools/responder/synthesizer.h"

#include <algorithm>

#include "engine/dns/message_writer.h"

namespace dotring::responder {
namespace {

constexpr uint16_t kPointerToQuestion = 0xc000 | dns::kHeaderSize;
constexpr size_t kRecordHeadSize = 12;  // owner as a pointer, type, class, TTL, length
constexpr size_t kARecordSize = kRecordHeadSize + 4;
constexpr size_t kAaaaRecordSize = kRecordHeadSize + 16;
constexpr uint16_t kTypeSrv = 33;
constexpr uint16_t kTypeSvcb = 64;
constexpr uint16_t kTypeHttps = 65;
constexpr uint16_t kTypeUnassignedFirst = 300;

dns::OptFields opt_fields(const Behaviour& behaviour, const ReplyForm& form) {
  dns::OptFields fields;
  fields.keepalive_100ms = form.keepalive_100ms;
  fields.extended_error = behaviour.extended_error;
  fields.pad_to_multiple = form.pad_to_multiple;
  return fields;
}

/// Writes one message with records in it. The writer's sticky error tells that it did not fit.
class ReplyWriter {
 public:
  ReplyWriter(const dns::QueryView& query, const Behaviour& behaviour, const dns::OptFields& opt,
              MutableBytes room)
      : query_(query), behaviour_(behaviour), opt_(opt), room_(room), writer_(room) {
    opt_.dnssec_ok = query.edns.dnssec_ok;
    opt_.rcode = behaviour.rcode;
    header_.question_count = 1;
    writer_.zeros(dns::kHeaderSize);
    writer_.bytes({query.question.name.data(), query.question.wire_size()});
  }

  /// 0 when it did not fit.
  size_t write() {
    if (!behaviour_.negative()) write_answers();
    if (header_.answer_count == 0 && behaviour_.soa) write_soa();
    if (query_.has_opt) {
      dns::write_opt(writer_, opt_);
      header_.additional_count = 1;
    }
    if (!writer_.ok()) return 0;
    header_.id = query_.header.id;
    header_.flags = static_cast<uint16_t>(dns::kFlagQr | dns::kFlagRa | copied_flags() |
                                          (behaviour_.rcode & dns::kRcodeMask));
    dns::write_header(header_, room_.data());
    return writer_.offset();
  }

 private:
  uint16_t copied_flags() const {
    return static_cast<uint16_t>(query_.header.flags & (dns::kFlagRd | dns::kFlagCd));
  }

  void begin_record(uint16_t owner_pointer, uint16_t type, size_t size) {
    writer_.u16(owner_pointer);
    writer_.u16(type);
    writer_.u16(query_.question.klass == dns::kClassAny ? dns::kClassIn : query_.question.klass);
    writer_.u32(behaviour_.ttl_s);
    writer_.u16(static_cast<uint16_t>(size));
  }
  void begin_answer(uint16_t type, size_t size) {
    begin_record(kPointerToQuestion, type, size);
    ++header_.answer_count;
  }

  void write_answers() {
    switch (query_.question.type) {
      case dns::type::kA:
      case dns::type::kAny:  // answered minimally (RFC 8482)
        return write_a();
      case dns::type::kAaaa:
        return write_aaaa();
      case dns::type::kTxt:
        return write_txt();
      case dns::type::kNs:
      case dns::type::kPtr:
        begin_answer(query_.question.type, 2);
        return writer_.u16(kPointerToQuestion);
      case dns::type::kMx:
        begin_answer(dns::type::kMx, 4);
        writer_.u16(10);
        return writer_.u16(kPointerToQuestion);
      default:
        return write_other();
    }
  }

  void write_other() {
    const uint16_t type = query_.question.type;
    if (type == kTypeSrv) {  // its target is never compressed (RFC 2782)
      begin_answer(type, 6 + query_.question.name.size());
      writer_.u32(0);
      writer_.u16(853);
      writer_.bytes(query_.question.name);
    } else if (type == kTypeHttps || type == kTypeSvcb) {
      begin_answer(type, 3);
      writer_.u16(1);
      writer_.u8(0);
    } else if (type >= kTypeUnassignedFirst) {
      const uint64_t hash = name_hash(query_.question.name);
      begin_answer(type, 8);
      write_u64(hash);
    }
  }

  void write_a() {
    const uint64_t hash = name_hash(query_.question.name);
    const size_t count = records(kARecordSize);
    for (size_t i = 0; i < count && writer_.ok(); ++i) {
      begin_answer(dns::type::kA, 4);
      writer_.u32(198u << 24 | 18u << 16 | static_cast<uint32_t>((hash + i) & 0x1ffff));
    }
  }

  void write_aaaa() {
    const uint64_t hash = name_hash(query_.question.name);
    const size_t count = records(kAaaaRecordSize);
    for (size_t i = 0; i < count && writer_.ok(); ++i) {
      begin_answer(dns::type::kAaaa, 16);
      writer_.u32(0x20010db8);
      writer_.u32(0);
      write_u64(hash + i);
    }
  }

  /// How many records of that size bring the message to the size that is wanted.
  size_t records(size_t record_size) const {
    return behaviour_.size > 0 ? std::max<size_t>(octets_left() / record_size, 1)
                               : behaviour_.records;
  }
  size_t octets_left() const {
    const size_t taken = writer_.offset() + (query_.has_opt ? dns::opt_size(opt_) : 0);
    return behaviour_.size > taken ? behaviour_.size - taken : 0;
  }

  // Character strings of 255 octets, then a shorter one (RFC 1035, 3.3.14).
  void write_txt() {
    size_t left = std::max<size_t>(octets_left(), kRecordHeadSize + 17) - kRecordHeadSize;
    begin_answer(dns::type::kTxt, left);
    const uint64_t hash = name_hash(query_.question.name);
    for (size_t written = 0; left > 0 && writer_.ok();) {
      const size_t size = std::min<size_t>(left, 256) - 1;
      writer_.u8(static_cast<uint8_t>(size));
      for (size_t i = 0; i < size; ++i, ++written) {
        writer_.u8(static_cast<uint8_t>("0123456789abcdef"[hash >> (60 - written % 16 * 4) & 15]));
      }
      left -= size + 1;
    }
  }

  // Owner: the parent of the name, which every name but the root has. Both names in it are the
  // root.
  void write_soa() {
    const uint8_t first_label = query_.question.name[0];
    const size_t parent = dns::kHeaderSize + (first_label > 0 ? first_label + 1u : 0);
    begin_record(static_cast<uint16_t>(0xc000 | parent), dns::type::kSoa, 22);
    writer_.u16(0);
    for (const uint32_t each : {1u, 3600u, 600u, 86400u, behaviour_.ttl_s}) writer_.u32(each);
    if (query_.question.type == dns::type::kSoa && !behaviour_.negative()) {
      header_.answer_count = 1;
    } else {
      header_.authority_count = 1;
    }
  }

  void write_u64(uint64_t value) {
    writer_.u32(static_cast<uint32_t>(value >> 32));
    writer_.u32(static_cast<uint32_t>(value));
  }

  const dns::QueryView& query_;
  const Behaviour& behaviour_;
  dns::OptFields opt_;
  MutableBytes room_;
  Writer writer_;
  dns::Header header_;
};

uint16_t rcode_of(dns::QueryVerdict verdict) {
  switch (verdict) {
    case dns::QueryVerdict::NotImp:
      return dns::rcode::kNotImp;
    case dns::QueryVerdict::BadVers:
      return dns::rcode::kBadVers;
    default:
      return dns::rcode::kFormErr;
  }
}

size_t synthesize_accepted(const dns::QueryView& query, const Behaviour& behaviour,
                           const ReplyForm& form, MutableBytes room) {
  const dns::OptFields opt = opt_fields(behaviour, form);
  const bool with_records = behaviour.rcode == 0 || behaviour.rcode == dns::rcode::kNxDomain;
  if (!with_records) return dns::write_error_reply(query, behaviour.rcode, opt, room);
  if (!(form.datagram && behaviour.truncate)) {
    if (const size_t size = ReplyWriter(query, behaviour, opt, room).write()) return size;
  }
  return dns::write_truncated_reply(query, behaviour.rcode, opt, room);
}

}  // namespace

uint64_t name_hash(Bytes name) {
  std::array<uint8_t, dns::kNameSizeMax> lower;
  dns::copy_lower(name, lower.data());
  return siphash13({0, 0}, {lower.data(), name.size()});
}

size_t reply_room(const dns::QueryView& query, const Behaviour& behaviour, const ReplyForm& form) {
  const size_t records =
      std::max<size_t>(size_t{behaviour.records} * kAaaaRecordSize, behaviour.size);
  const size_t rest = 2 * query.question.name.size() + dns::kShortReplySizeMax;
  return std::min(form.size_max, records + rest + form.pad_to_multiple);
}

size_t synthesize(const dns::QueryView& query, const Behaviour& behaviour, const ReplyForm& form,
                  MutableBytes room) {
  room = room.first(std::min(room.size(), form.size_max));
  if (query.verdict != dns::QueryVerdict::Accept) {
    return dns::write_error_reply(query, rcode_of(query.verdict), opt_fields(behaviour, form),
                                  room);
  }
  if (behaviour.edns) return synthesize_accepted(query, behaviour, form, room);
  dns::QueryView without_edns = query;
  without_edns.has_opt = false;
  return synthesize_accepted(without_edns, behaviour, form, room);
}

}  // namespace dotring::responder
