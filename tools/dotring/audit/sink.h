// Where an output's octets go: a file or a stream, behind a bounded buffer.
//
// Never waits: what the other side does not take stays in the buffer, and while that is full
// nothing is taken. Only the audit's own thread calls it.
//
// Invariant: each query that add() counted becomes one that was written or one that was dropped.

#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "tools/dotring/audit/statistics.h"

namespace dotring::appliance {

/// What a sink waits for; a negative descriptor: for nothing.
struct Wanted {
  int descriptor = -1;
  short events = 0;
};

class Sink {
 public:
  /// Told of each change: the cause of a failure, or nothing when it works again.
  using Teller = std::function<void(const std::optional<std::string>& failure)>;

  /// `statistics` outlives it.
  Sink(Teller teller, OutputStatistics& statistics)
      : teller_(std::move(teller)), statistics_(statistics) {}
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// Takes another query: there is room, and somewhere to write it to.
  bool takes() const { return usable() && unsent().size() < kBufferMax && !is_full(); }
  /// Octets of whole queries are appended here, then counted.
  std::vector<uint8_t>& buffer() { return buffer_; }
  void count_added() { ends_.push_back(removed_ + buffer_.size()); }
  void count_dropped() { statistics_.dropped.add(); }

  /// Opens where it is time to, and writes as far as it goes. Call it at least so often as
  /// kRetryMs while restless().
  virtual void work(uint64_t now_ms) = 0;
  /// Closes and opens again: the file was moved away.
  virtual void reopen() = 0;
  /// Writes the rest, for a moment at the most.
  virtual void finish() = 0;
  virtual Wanted wanted() const = 0;
  /// There is something to try again that no descriptor tells of.
  bool restless() const { return !usable() || !unsent().empty(); }

  const OutputStatistics& statistics() const { return statistics_; }
  /// A query more than this may be in the buffer.
  static constexpr size_t kBufferMax = size_t{256} << 10;
  static constexpr uint64_t kRetryMs = 1000;

 protected:
  virtual bool usable() const = 0;
  /// work() must come first, however small the buffer is.
  virtual bool is_full() const { return false; }
  Bytes unsent() const { return Bytes(buffer_).subspan(sent_); }
  void on_sent(size_t size);
  /// What is in the buffer is lost.
  void drop_buffer();
  void tell_failure(const std::string& cause);
  void tell_well();
  OutputStatistics& counters() { return statistics_; }

 private:
  void remove(size_t size);

  const Teller teller_;
  std::vector<uint8_t> buffer_;
  size_t sent_ = 0;
  std::deque<uint64_t> ends_;  ///< of the queries in the buffer, in octets since the start
  uint64_t removed_ = 0;       ///< octets since the start that are in the buffer no more
  std::optional<std::string> failure_;
  OutputStatistics& statistics_;
};

}  // namespace dotring::appliance
