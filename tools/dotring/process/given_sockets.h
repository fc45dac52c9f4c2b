// Listening sockets that somebody else has opened: the dotring before this one, or systemd.
//
// What it is: descriptors, told apart by what the kernel knows of them (address and kind). Whoever
// wants to listen on an address looks here first. What it is not: a way to open any.
//
// Invariant: each descriptor is closed once, here unless it was taken.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"

namespace dotring::appliance {

/// One listening address: where, and the sockets that were given for it. None of a kind: the
/// workers open their own.
struct Listening {
  Endpoint address;
  std::vector<int> udp{};
  std::vector<int> tcp{};
};

/// Which of `given` (descriptors of one address and kind) worker `index` of `count` listens on. All
/// are listened on by somebody; where there are fewer sockets than workers, they share.
std::vector<int> share_of(const std::vector<int>& given, size_t index, size_t count);

/// Closes the given ones, when the workers have duplicates.
void close_given(std::vector<Listening>& all);

class GivenSockets {
 public:
  GivenSockets() = default;
  ~GivenSockets();
  GivenSockets(GivenSockets&& other) noexcept : sockets_(std::move(other.sockets_)) {
    other.sockets_.clear();
  }
  GivenSockets(const GivenSockets&) = delete;
  GivenSockets& operator=(const GivenSockets&) = delete;

  /// Takes `descriptor` over. Not null: why it is of no use; it is closed then.
  std::optional<std::string> add(int descriptor);
  bool empty() const { return sockets_.empty(); }
  bool has(const Endpoint& address, int type) const;
  /// All of that address and kind (SOCK_DGRAM, SOCK_STREAM); they are the caller's.
  std::vector<int> take(const Endpoint& address, int type);
  /// "UDP 127.0.0.1:53" of what nobody took; they are closed.
  std::vector<std::string> close_rest();

 private:
  struct Socket {
    Endpoint address;
    int type;
    int descriptor;
  };

  std::vector<Socket> sockets_;
};

}  // namespace dotring::appliance
