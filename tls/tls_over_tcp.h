// A TLS stream and the TCP stream below it as one ByteStream, so that they live and end together.
//
// What it is: ownership, for dialers that hand a stream over. Every call goes to the TLS stream;
// whoever dials starts both.

#pragma once

#include "engine/io/tcp_stream.h"
#include "tls/tls_stream.h"

namespace dotring::tls {

class TlsOverTcp : public io::ByteStream {
 public:
  TlsOverTcp(io::Loop& loop, const io::TcpStream::Options& tcp, const TlsStream::Options& tls,
             TlsStatistics& statistics)
      : tcp_(loop, tcp), tls_(loop, tcp_, tls, statistics) {}

  /// As TlsStream::start_client() and TcpStream::connect() say; `trust` outlives the connection.
  void connect(const ClientContext& context, const Trust& trust, TicketStore* tickets,
               const Endpoint& endpoint) {
    tls_.start_client(context, trust, tickets);
    tcp_.connect(endpoint);
  }
  const TlsStream& tls() const { return tls_; }

  void set_handler(io::StreamHandler* handler) override { tls_.set_handler(handler); }
  MutableBytes reserve(size_t size) override { return tls_.reserve(size); }
  void commit(size_t size) override { tls_.commit(size); }
  size_t bytes_queued() const override { return tls_.bytes_queued(); }
  void pause_reading() override { tls_.pause_reading(); }
  void resume_reading() override { tls_.resume_reading(); }
  void close() override { tls_.close(); }
  void abort() override { tls_.abort(); }
  bool active() const override { return tls_.active(); }

 private:
  io::TcpStream tcp_;
  TlsStream tls_;
};

}  // namespace dotring::tls
