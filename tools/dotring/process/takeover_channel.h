// What two generations of dotring say to each other while the new one takes over.
//
//   new: Hello           old: Socket... SocketsEnd     every listening socket, one a message
//   new: Taken           old: Connection... (end)      TCP clients, with what they have begun to
//   say
//
// What it is: whole messages, each with at most one descriptor, on a unix socket (SOCK_SEQPACKET,
// SCM_RIGHTS). What it is not: a decision about who may speak, or when.
//
// Invariant: a descriptor that was received is in exactly one Message; whoever takes the message
// closes it.

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"

namespace dotring::appliance {

enum class TakeoverKind : uint8_t {
  Hello = 'H',
  Socket = 'S',
  SocketsEnd = 'E',
  Taken = 'T',
  Connection = 'C',
};

struct TakeoverMessage {
  TakeoverKind kind;
  int descriptor = -1;
  std::vector<uint8_t> bytes{};
};

class TakeoverChannel {
 public:
  /// What a Hello says: both generations speak the same words.
  static constexpr std::string_view kVersion = "dotring takeover 1";
  /// A query that is not whole yet, and what came behind it.
  static constexpr size_t kBytesMax = 128 << 10;

  /// Owns `descriptor`.
  explicit TakeoverChannel(int descriptor);
  ~TakeoverChannel();
  TakeoverChannel(const TakeoverChannel&) = delete;
  TakeoverChannel& operator=(const TakeoverChannel&) = delete;

  int descriptor() const { return descriptor_; }
  /// From any thread; waits for a slow reader, but not for ever. False: it was not sent.
  bool send(TakeoverKind kind, int descriptor = -1, Bytes bytes = {});
  /// `wait_ms` of receive() until something comes, the peer is gone, or end().
  static constexpr int kForEver = -1;
  /// One thread at a time. Null: nothing came within `wait_ms`, or the peer is gone, or said
  /// nonsense.
  std::optional<TakeoverMessage> receive(int wait_ms);
  /// receive() gives null from now on, also where it waits.
  void end();

 private:
  const int descriptor_;
  std::mutex sending_;
  std::vector<uint8_t> buffer_;  ///< of receive()
};

}  // namespace dotring::appliance
