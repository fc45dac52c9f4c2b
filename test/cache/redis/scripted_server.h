// A server of few words: what it says to each command is what the test says. For what no real one
// does: garbage, replies to nothing, half replies.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/redis/reply_reader.h"
#include "engine/io/acceptor.h"
#include "engine/io/tcp_stream.h"

namespace dotring::cache::redis {

class ScriptedServer final : private io::AcceptHandler {
 public:
  /// The reply to a command (its words with spaces between), as bytes; empty: none.
  using Script = std::function<std::string(const std::string& command)>;

  explicit ScriptedServer(io::Loop& loop) : loop_(loop), acceptor_(loop, {}) {
    acceptor_.set_handler(this);
    const auto failure = acceptor_.open({*IpAddress::parse("127.0.0.1"), 0});
    if (failure) std::abort();
    acceptor_.start();
  }

  /// PING, SETNAME and SELECT are answered as they should be unless the script does.
  Script script = [](const std::string&) { return std::string(); };
  std::vector<std::string> commands;

  std::string address() const { return acceptor_.local().to_text(); }
  size_t connections() const { return peers_.size(); }
  /// Said to the last client, unasked.
  void say(const std::string& bytes) { peers_.back()->stream.send(bytes_of(bytes)); }
  /// Ends the link of the client that came as number `index`.
  void hang_up(size_t index) { peers_[index]->stream.abort(); }
  void stop() {
    acceptor_.stop();
    for (const auto& peer : peers_) peer->stream.abort();
  }
  bool active() const {
    for (const auto& peer : peers_) {
      if (peer->stream.active()) return true;
    }
    return acceptor_.active();
  }

 private:
  struct Peer final : io::StreamHandler {
    explicit Peer(ScriptedServer& owner) : server(owner), stream(owner.loop_, {}), reader({}) {
      stream.set_handler(this);
    }
    void on_bytes(Bytes bytes) override {
      reader.feed(bytes);
      while (reader.next() == ReplyReader::Next::Reply) {
        std::string command;
        for (size_t i = 0; i < reader.reply().size(); ++i) {
          command += (i > 0 ? " " : "") + std::string(reader.reply()[i].text());
        }
        stream.send(bytes_of(server.reply_to(command)));
      }
    }
    void on_closed(io::CloseReason, const std::string&) override {}

    ScriptedServer& server;
    io::TcpStream stream;
    ReplyReader reader;
  };

  std::string reply_to(const std::string& command) {
    commands.push_back(command);
    const std::string reply = script(command);
    if (!reply.empty()) return reply;
    if (command == "PING") return "+PONG\r\n";
    if (command.starts_with("CLIENT") || command.starts_with("SELECT")) return "+OK\r\n";
    if (command.starts_with("HELLO")) return "-ERR unknown command 'HELLO'\r\n";
    return "";
  }
  void on_accepted(int descriptor, const Endpoint&) override {
    peers_.push_back(std::make_unique<Peer>(*this));
    peers_.back()->stream.adopt(descriptor);
  }

  io::Loop& loop_;
  io::Acceptor acceptor_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace dotring::cache::redis
