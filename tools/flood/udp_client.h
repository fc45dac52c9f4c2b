// A client with a UDP socket of its own. What one turn of the loop sends leaves in one sendmmsg.

#pragma once

#include "engine/io/udp_socket.h"
#include "tools/flood/client.h"

namespace dotring::flood {

class UdpClient final : public Client, private io::UdpHandler {
 public:
  UdpClient(io::Loop& loop, const Endpoint& server, QuestionSource& source, Tally& tally,
            uint32_t outstanding_max, bool accept_queries, ClientOwner& owner);

  std::optional<std::string> open() override;
  bool connected() const override { return true; }
  bool send(uint64_t due_ns, uint64_t now_ns) override;
  void close() override { socket_.stop(); }
  bool active() const override { return socket_.active(); }

 private:
  void on_datagram(Bytes bytes, const io::UdpPath& path) override;

  io::UdpPath server_{};
  bool ipv4_;
  io::UdpSocket socket_;
};

}  // namespace dotring::flood
