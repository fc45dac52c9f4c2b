// A dnstap reader at the other end of a socket: connected to, greeted, written to, connected to
// again when it went.
//
// While there is none, or it does not read, queries are dropped: nobody waits for it.

#pragma once

#include <sys/socket.h>

#include <variant>

#include "engine/base/address.h"
#include "tools/dotring/audit/sink.h"

namespace dotring::appliance {

class StreamSink final : public Sink {
 public:
  /// The path of a unix socket, or a TCP address.
  using Target = std::variant<std::string, Endpoint>;
  /// Of a unix socket's path (unix(7)).
  static constexpr size_t kPathMax = 107;
  /// For the reader to accept the connection and to answer.
  static constexpr uint64_t kGreetingMs = 5000;
  /// For the reader to take the rest at the end, and again to say that it has it.
  static constexpr int kFinishMs = 500;

  StreamSink(const Target& target, Teller teller, OutputStatistics& statistics);
  ~StreamSink() override;

  void work(uint64_t now_ms) override;
  /// There is no file to open again.
  void reopen() override {}
  void finish() override;
  Wanted wanted() const override;

 private:
  enum class State : uint8_t { Closed, Connecting, Greeting, Open };
  bool usable() const override { return state_ == State::Open; }
  void connect();
  void on_connected();
  void read_greeting();
  void write_some();
  bool reader_went();
  bool send_plain(const std::vector<uint8_t>& octets);
  void wait_for(short events, int wait_ms) const;
  void fail(const std::string& cause);
  void close_socket();

  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  State state_ = State::Closed;
  int descriptor_ = -1;
  std::vector<uint8_t> greeting_;
  uint64_t now_ms_ = 0;
  uint64_t retry_at_ms_ = 0;
  uint64_t greet_until_ms_ = 0;
};

}  // namespace dotring::appliance
