// How often a client may get the same reply: what keeps dotring from being an amplifier for whoever
// forges a victim's address.
//
// What it is: one token bucket per client network and kind of reply, shared by all workers
// (bucket_table.h). A victim of forged queries gets no more than that, while a client that asks
// for many different names is not touched. Negative replies count by their zone, because the names
// in such queries are drawn at random; errors count together. What it is not: for replies by TCP or
// to valid cookies, whose addresses are not forged.

#pragma once

#include "engine/dns/query_view.h"
#include "engine/protect/bucket_table.h"
#include "engine/protect/client_networks.h"

namespace dotring::protect {

/// What a reply is, and what of it makes it the same as another one.
enum class ReplyKind : uint8_t {
  Answer,    ///< with records, or truncated: name and type of the question
  Empty,     ///< NOERROR without records: the zone, as its SOA names it
  NxDomain,  ///< the same
  Error,     ///< any other rcode: nothing, all are the same
};
inline constexpr size_t kReplyKinds = 4;

/// `reply`: whole, as dotring wrote it.
ReplyKind kind_of(Bytes reply);

class ResponseLimiter {
 public:
  struct Options {
    /// The same reply per second and client, and errors of any sort; 0: no limit. At most
    /// 1,000,000.
    uint32_t per_second = 0;
    uint32_t errors_per_second = 0;
    /// Of the replies over the limit each so-many-th goes out truncated; 0: none does.
    uint32_t slip = 2;
    /// What a client may save up, in ms of its rate.
    uint32_t burst_ms = 1000;
    ClientNetworks::Options clients;
    /// Rounded up to a power of two.
    uint64_t table_bytes = uint64_t{4} << 20;

    friend bool operator==(const Options&, const Options&) = default;
  };

  ResponseLimiter(const Options& options, const HashKey& key);

  /// False: this reply is one too many. From any thread; `now_us` is the clock that all of them
  /// share.
  bool take(const IpAddress& client, const dns::QueryView& query, Bytes reply, ReplyKind kind,
            uint64_t now_us);

  const Options& options() const { return options_; }
  uint64_t memory_bytes() const { return buckets_.memory_bytes(); }

 private:
  uint64_t hash(const IpAddress& client, const dns::QueryView& query, Bytes reply,
                ReplyKind kind) const;

  const Options options_;
  const BucketTable::Limit replies_;
  const BucketTable::Limit errors_;
  const HashKey key_;
  const ClientNetworks clients_;
  BucketTable buckets_;
};

}  // namespace dotring::protect
