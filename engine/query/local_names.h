// Special-use names that must not leave this host: answered here, unless the operator lets them
// through.
//
//   localhost                          127.0.0.1 and ::1                    RFC 6761, 6.3
//   invalid, test, local, onion        NXDOMAIN                             RFC 6761, 6762, 7686
//   home.arpa                          NXDOMAIN below, its DS is forwarded  RFC 8375, 4
//   resolver.arpa                      NODATA                               RFC 9462, 6.4
//   127.in-addr.arpa, ::1 in ip6.arpa  PTR localhost                        RFC 6303, 4.2 and 4.3
//
// Negative answers carry the SOA of RFC 6303, 3. "local." itself is NXDOMAIN too: hosts take an SOA
// there as a sign to turn multicast DNS off.

#pragma once

#include <vector>

#include "engine/dns/question.h"

namespace dotring::query {

class LocalNames {
 public:
  /// Which of them are forwarded like any other name.
  struct Options {
    bool forward_localhost = false;
    bool forward_invalid = false;
    bool forward_test = false;
    bool forward_local = false;
    bool forward_onion = false;
    bool forward_home_arpa = false;
    bool forward_resolver_arpa = false;
    bool forward_loopback_reverse = false;
  };

  /// The names at and below which `now` answers here what `before` forwarded: a cache may have
  /// answers.
  static std::vector<Bytes> no_longer_forwarded(const Options& before, const Options& now);

  explicit LocalNames(const Options& options) : options_(options) {}

  /// Writes the answer in stored form (dns/stored_answer.h) into `room` of at least 512 octets and
  /// returns its size; 0 when the question is for the upstream.
  size_t answer(const dns::QuestionKey& key, MutableBytes room) const;

 private:
  const Options options_;
};

}  // namespace dotring::query
