// Whether one server can be relied on, and how long it is left alone when not.
//
//   Starting -> Up <-> Failing -> Probing -> Up
//
// One failure is forgiven and tried again after a moment. From the second in a row on, or at once
// when the certificate was refused, the server is Failing: left alone for a growing time, then
// connected to and asked our own question (probe.h). Only an answer makes it Up again and ends the
// back-off.

#pragma once

#include <algorithm>
#include <cstdint>

#include "tls/upstream/backoff.h"

namespace dotring::upstream {

enum class ServerState : uint8_t {
  Starting,  ///< not yet connected; nothing has failed twice
  Up,
  Probing,  ///< connected after failures, not yet answered
  Failing,
};

class Health {
 public:
  struct Options {
    Backoff::Options backoff;
    /// While no server works and somebody asks, each is tried this often, whatever its back-off.
    uint64_t retry_ms_all_failing = 500;
    /// The same for a server whose certificate was refused: less often, people have to repair that.
    uint64_t retry_ms_certificate = 5000;
  };

  explicit Health(const Options& options) : options_(options), backoff_(options.backoff) {}

  void set_options(const Options& options) {
    options_ = options;
    backoff_.set_options(options.backoff);
  }

  ServerState state() const { return state_; }
  bool failing() const { return state_ == ServerState::Failing; }
  bool certificate_refused() const { return certificate_refused_; }

  /// A stream opened, which for a server that never failed is good enough. True: it must prove
  /// itself by an answer.
  bool opened() {
    if (state_ == ServerState::Failing) state_ = ServerState::Probing;
    if (state_ == ServerState::Starting) state_ = ServerState::Up;
    return backoff_.failures() > 0;
  }

  void answered() {
    backoff_.succeeded();
    certificate_refused_ = false;
    state_ = ServerState::Up;
  }

  /// A stream could not be opened, or was of no use; `others_open`: the server has another. Returns
  /// the back-off in milliseconds.
  uint64_t failed(bool certificate_refused, bool others_open, Random& random) {
    const uint64_t backoff_ms = backoff_.failed(random);
    certificate_refused_ = certificate_refused;
    if (others_open) return backoff_ms;
    const bool forgiven = backoff_.failures() == 1 && !certificate_refused;
    if (!forgiven) state_ = ServerState::Failing;
    return backoff_ms;
  }

  /// The longest wait before the next connect while no server works and somebody asks.
  uint64_t retry_ms_max() const {
    return certificate_refused_ ? options_.retry_ms_certificate : options_.retry_ms_all_failing;
  }

 private:
  Options options_;
  Backoff backoff_;
  ServerState state_ = ServerState::Starting;
  bool certificate_refused_ = false;
};

}  // namespace dotring::upstream
