// Which server is asked: the policies, over a plain table of how each server stands.
//
// A server that works is preferred to one in doubt, one that has not been asked this question to
// one that has; a server in `excluded` is not asked. The policy decides among equals.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/base/random.h"
#include "tls/upstream/options.h"

namespace dotring::upstream {

class Connection;

enum class Readiness : uint8_t {
  Ready,     ///< answers, and has room on an open stream
  Doubtful,  ///< has room on an open stream, but has not answered lately
  Waiting,   ///< no room now, but soon: connecting, or streams are full
  Down,      ///< left alone after failures
};

struct Standing {
  Readiness readiness = Readiness::Down;
  Connection* connection = nullptr;  ///< with Ready and Doubtful: where the query would go
  uint64_t round_trip_us = 0;        ///< smoothed; 0: not known
  uint64_t in_flight = 0;
};

/// How many questions may share a stream with one; most may with any.
inline constexpr uint16_t kAnyCompany = UINT16_MAX;
/// And with one that is kept apart.
inline constexpr uint16_t kCompanyMax = 128;

/// Servers as bits.
using ServerSet = uint64_t;
inline constexpr size_t kServersMax = 64;

class Choice {
 public:
  Choice(Policy policy, const std::vector<ServerOptions>& servers);

  /// The index of a server that is Ready or Doubtful; nothing when there is none outside
  /// `excluded`.
  std::optional<size_t> choose(std::span<const Standing> standings, ServerSet asked,
                               ServerSet excluded, Random& random);

 private:
  size_t by_policy(std::span<const Standing> standings, ServerSet equals, Random& random);
  size_t fastest(std::span<const Standing> standings, ServerSet equals, Random& random) const;
  size_t even(ServerSet equals);

  Policy policy_;
  std::vector<int64_t> weights_;
  std::vector<int64_t> credits_;  ///< of Policy::Even
};

/// The best readiness outside `excluded`.
Readiness best_readiness(std::span<const Standing> standings, ServerSet excluded);

}  // namespace dotring::upstream
