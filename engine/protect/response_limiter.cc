#include "engine/protect/response_limiter.h"

#include <algorithm>

#include "engine/dns/record.h"

namespace dotring::protect {
namespace {

/// The owner of the first SOA in the authority section, which is the zone of a negative answer
/// (RFC 2308, 3); the root where there is none.
dns::Name zone_of(Bytes reply) {
  const dns::Header header = dns::read_header(reply);
  Reader reader(reply, dns::kHeaderSize);
  if (header.question_count > 0) {
    dns::skip_name(reader);
    reader.skip(4);
  }
  const uint32_t records = uint32_t{header.answer_count} + header.authority_count;
  for (uint32_t i = 0; i < records && reader.ok(); ++i) {
    const dns::Record record = dns::read_record(reader);
    if (!reader.ok() || record.type != dns::type::kSoa || i < header.answer_count) continue;
    Reader owner(reply, record.offset);
    if (const auto name = dns::read_name(reply, owner)) return *name;
  }
  dns::Name root{};
  root.size = 1;
  return root;
}

}  // namespace

ReplyKind kind_of(Bytes reply) {
  const dns::Header header = dns::read_header(reply);
  const uint16_t rcode = header.flags & dns::kRcodeMask;
  if (rcode == dns::rcode::kNxDomain) return ReplyKind::NxDomain;
  if (rcode != dns::rcode::kNoError) return ReplyKind::Error;
  const bool answered = header.answer_count > 0 || header.has(dns::kFlagTc);
  return answered ? ReplyKind::Answer : ReplyKind::Empty;
}

ResponseLimiter::ResponseLimiter(const Options& options, const HashKey& key)
    : options_(options),
      replies_(BucketTable::Limit::of(options.per_second, options.burst_ms)),
      errors_(BucketTable::Limit::of(options.errors_per_second, options.burst_ms)),
      key_(key),
      clients_(options.clients, key),
      buckets_(options.table_bytes, std::max(replies_.ahead_max, errors_.ahead_max)) {}

// The client's hash, and behind it what makes replies of this kind the same.
uint64_t ResponseLimiter::hash(const IpAddress& client, const dns::QueryView& query, Bytes reply,
                               ReplyKind kind) const {
  const uint64_t hashed = clients_.hash(client, static_cast<uint8_t>(kind));
  if (kind == ReplyKind::Error) return hashed;
  std::array<uint8_t, sizeof hashed + sizeof query.question.type + dns::kNameSizeMax> about;
  std::memcpy(about.data(), &hashed, sizeof hashed);
  const bool whole = kind == ReplyKind::Answer;
  store_be16(&about[sizeof hashed], whole ? query.question.type : uint16_t{0});
  uint8_t* const name_at = &about[sizeof hashed + sizeof query.question.type];
  dns::Name zone;
  if (!whole) zone = zone_of(reply);
  const Bytes name = whole ? query.question.name : zone.wire();
  dns::copy_lower(name, name_at);
  const auto size = static_cast<size_t>(name_at - about.data()) + name.size();
  return siphash13(key_, Bytes(about).first(size));
}

bool ResponseLimiter::take(const IpAddress& client, const dns::QueryView& query, Bytes reply,
                           ReplyKind kind, uint64_t now_us) {
  const BucketTable::Limit& limit = kind == ReplyKind::Error ? errors_ : replies_;
  if (limit.none() || clients_.exempt(client)) return true;
  return buckets_.take(hash(client, query, reply, kind), limit, now_us);
}

}  // namespace dotring::protect
