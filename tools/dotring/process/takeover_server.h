// The running dotring's side of a takeover: listens on a unix socket for the one that follows.
//
// Whoever can open the socket (its file belongs to the same user) gets every listening socket, and
// may try to start with them. Nothing changes here before it says that it answers; then the
// listening sockets are read by the other one alone, and TCP connections follow. Whoever gives up
// before is forgotten.
//
// A thread of its own: the workers do not wait for a successor.

#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "engine/listen/tcp_listener.h"
#include "tools/dotring/log/log.h"
#include "tools/dotring/process/owned_descriptor.h"
#include "tools/dotring/process/takeover_channel.h"

namespace dotring::appliance {

class TakeoverServer final : public listen::ConnectionHeir {
 public:
  /// For a successor to read its files, open its rings and start.
  static constexpr int kStartMs = 60'000;

  struct Parts {
    /// Duplicates of all listening sockets; none: they cannot be had now. Called on the thread.
    std::function<std::vector<OwnedDescriptor>()> sockets;
    /// Somebody else answers from now on: begin to drain. Called on the thread, once.
    std::function<void()> on_taken;
  };

  /// `log` outlives it, and whatever the functions need.
  TakeoverServer(Log& log, Parts parts) : log_(log), parts_(std::move(parts)) {}
  /// The successor, if there is one, hears that no connection follows. Only when nobody calls
  /// inherit() any more.
  ~TakeoverServer();

  /// Makes the socket for `path`, under another name: nobody finds it yet. Not null: what failed.
  std::optional<std::string> open(const std::string& path);
  /// Takes the place of whoever listened at that path; after open(). Not null: what failed.
  std::optional<std::string> start();
  /// Somebody else answers.
  bool taken() const { return taken_.load(std::memory_order_acquire); }
  /// Who; after taken().
  pid_t successor() const { return successor_process_; }

  /// From any worker's thread, after taken().
  void inherit(int descriptor, Bytes unread) override;

 private:
  using File = std::optional<std::pair<dev_t, ino_t>>;

  static File file_at(const std::string& name);
  void serve();
  bool wait_readable(int descriptor, int wait_ms);
  void hand_over(int descriptor);
  bool greet(TakeoverChannel& channel);
  bool send_sockets(TakeoverChannel& channel);

  Log& log_;
  const Parts parts_;
  std::string path_;
  std::string name_;  ///< what the socket is called now
  File file_;         ///< the socket's
  int listener_ = -1;
  int wakeup_ = -1;
  std::unique_ptr<TakeoverChannel> successor_;
  pid_t successor_process_ = 0;
  std::atomic<bool> taken_{false};
  std::thread thread_;
};

}  // namespace dotring::appliance
