// The new dotring's side of a takeover: asks the running one for its sockets, and says when it
// answers itself.
//
//   ask() -> everything is opened and answers -> tell_taken()
//
// Whoever is destroyed without tell_taken() leaves the running one as it was.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "tools/dotring/process/given_sockets.h"
#include "tools/dotring/process/takeover_channel.h"

namespace dotring::appliance {

class Predecessor {
 public:
  /// For the running one to give its sockets.
  static constexpr int kAnswerMs = 15'000;

  Predecessor() = default;
  ~Predecessor() { stop(); }
  Predecessor(const Predecessor&) = delete;
  Predecessor& operator=(const Predecessor&) = delete;

  /// Takes what the one that listens at `path` has into `sockets`. Nobody there: nothing happens.
  /// Not null: what failed.
  std::optional<std::string> ask(const std::string& path, GivenSockets& sockets);
  /// There was one.
  bool found() const { return channel_ != nullptr; }
  /// It may stop to read them. `inherit` is given its TCP connections and what came by them, on a
  /// thread of this object's. False: it is gone.
  bool tell_taken(std::function<void(int descriptor, Bytes unread)> inherit);
  /// Takes no more connections; `inherit` is not called any more.
  void stop();

 private:
  std::optional<std::string> receive_sockets(GivenSockets& sockets);

  std::unique_ptr<TakeoverChannel> channel_;
  std::thread thread_;
};

}  // namespace dotring::appliance
