// What a service manager is told: ready, stopping, reloading, alive (sd_notify(3)).
//
// What it is: datagrams to the socket that NOTIFY_SOCKET names; without it, nothing. What it is
// not: a decision about what is true. It never waits: a manager that does not read is not told.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace dotring::appliance {

class Notifier {
 public:
  /// `path`: of the socket; "@..." is an abstract one. Empty: nobody wants to hear. `watchdog_us`:
  /// how long the manager waits for alive(); 0: it does not.
  Notifier(const std::string& path, uint64_t watchdog_us);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are unset: no child of ours is meant.
  static Notifier of_environment();

  bool listens() const { return descriptor_ >= 0; }
  /// How often alive() must come at least; 0: nobody waits for it.
  uint64_t watchdog_ms() const { return watchdog_us_ / 1000; }

  void ready(std::string_view status);
  /// `now_us`: CLOCK_MONOTONIC. ready() follows.
  void reloading(uint64_t now_us);
  void stopping();
  /// Told only where the manager waits for it.
  void alive();
  void status(std::string_view text);
  /// This process is the service from now on; whoever was it, or becomes it, may say so.
  void main_process(pid_t process);

 private:
  void tell(std::string_view assignments);

  int descriptor_ = -1;
  uint64_t watchdog_us_;
};

}  // namespace dotring::appliance
