// From packets to DNS messages, with an account of what became of each packet.
//
// A message to one of the ports without QR is a query, one from such a port with QR is an answer.
// Nothing else is looked at: what was asked is replayed as it was, be it malformed.
//
// Pure: what it knows of time is the packets'.

#pragma once

#include <functional>
#include <vector>

#include "tools/capture/fragments.h"
#include "tools/capture/message.h"
#include "tools/capture/packet.h"
#include "tools/capture/tcp_streams.h"

namespace dotring::capture {

class Dissector {
 public:
  struct Options {
    std::vector<uint16_t> ports = {53};
    Fragments::Options fragments;
    TcpStreams::Options tcp;
  };
  using OnMessage = std::function<void(const Message&)>;

  Dissector(const Options& options, const HashKey& hash_key, OnMessage on_message);

  /// Calls on_message() for each message that this packet completes.
  void take(const Packet& packet);
  /// The capture is over. May call on_message() for messages behind holes.
  void finish();

  const Account& account() const { return account_; }

 private:
  Fate fate_of(const Packet& packet);
  Fate take_ip(Bytes packet);
  Fate fate_of_rest(const IpView& view) const;
  Fate take_udp(const IpView& view);
  Fate take_tcp(const IpView& view);
  MessageKind use(const Message& message);
  bool is_port(uint16_t port) const;
  bool is_dns(const Endpoint& source, const Endpoint& destination) const;

  const Options options_;
  const OnMessage on_message_;
  Account account_;
  Fragments fragments_;
  TcpStreams tcp_;
  uint64_t time_ns_ = 0;  ///< of the packet that is taken
};

}  // namespace dotring::capture
