// Replies out of a stream of bytes: hiredis' reader, with limits and with memory of our own.
//
// What it is not: a judge of replies; errors are replies too. Bytes are hostile: whatever arrives,
// the reader keeps at most `size_max` octets of an unfinished reply (and what was fed last), no
// more than `elements_max` elements, and arrays no deeper than kDepthMax. A byte stream that breaks
// a limit or the protocol is Broken for ever.
//
// Reading a reply allocates nothing once the buffers have grown to the size of the traffic.

#pragma once

#include <memory>

#include "cache/redis/reply.h"

struct redisReader;

namespace dotring::cache::redis {

class ReplyReader {
 public:
  struct Options {
    size_t size_max = 1 << 20;       ///< octets of one reply
    uint32_t elements_max = 16'384;  ///< of one reply, nested ones included
  };
  static constexpr int kDepthMax = 6;  ///< arrays within arrays

  enum class Next : uint8_t { Reply, NeedMore, Broken };

  explicit ReplyReader(const Options& options);
  ~ReplyReader();

  /// Takes bytes in. next() must have said NeedMore before.
  void feed(Bytes bytes);
  /// Reply: reply() is the next one. Broken: what() says why.
  Next next();
  Reply reply() const { return {tree_, 0}; }
  const char* what() const { return what_; }
  /// As new.
  void reset();

  /// Octets of one reader at most, when `feed_max` octets are fed at once.
  static size_t memory_max(const Options& options, size_t feed_max);

 private:
  struct Builder;
  friend struct Builder;
  struct Free {
    void operator()(redisReader* reader) const;
  };

  Next broken(const char* what);

  const Options options_;
  std::unique_ptr<redisReader, Free> reader_;
  ReplyTree tree_;
  const char* what_ = nullptr;
};

}  // namespace dotring::cache::redis
