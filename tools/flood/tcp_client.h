// A client with a TCP connection of its own, on which queries are pipelined (RFC 7766, 6.2.1.1).
//
// What the server closes is connected again; what waited on it is lost, and counted.

#pragma once

#include "engine/dns/framing.h"
#include "engine/io/tcp_stream.h"
#include "tools/flood/client.h"

namespace dotring::flood {

class TcpClient final : public Client, private io::StreamHandler {
 public:
  TcpClient(io::Loop& loop, const Endpoint& server, QuestionSource& source, Tally& tally,
            uint32_t outstanding_max, ClientOwner& owner);

  std::optional<std::string> open() override;
  bool connected() const override { return connected_; }
  bool send(uint64_t due_ns, uint64_t now_ns) override;
  void close() override;
  bool active() const override { return stream_.active(); }

 private:
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_closed(io::CloseReason reason, const std::string& detail) override;

  const Endpoint server_;
  Tally& tally_;
  io::TcpStream stream_;
  dns::Framing framing_;
  bool connected_ = false;
  bool closing_ = false;
};

}  // namespace dotring::flood
