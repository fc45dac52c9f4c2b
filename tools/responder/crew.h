// All workers on their threads, started and ended together.

#pragma once

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tools/responder/command_line.h"

namespace dotring::responder {

class Crew {
 public:
  Crew(const CommandLine& line, const HashKey& seed) : line_(line), random_(seed) {}
  /// stop() has been called, or start() failed.
  ~Crew();

  /// Not null: what could not be had. `context` and `clock` outlive the crew.
  std::optional<std::string> start(const tls::ServerContext* context, const io::Clock& clock,
                                   std::shared_ptr<const Rules> rules);
  /// Where it listens, with the ports that were picked.
  const Addresses& addresses() const { return addresses_; }
  void set_rules(const std::shared_ptr<const Rules>& rules);
  /// Drains and waits for all threads.
  void stop();

  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

 private:
  std::optional<std::string> start_one(const tls::ServerContext* context, const io::Clock& clock,
                                       const std::shared_ptr<const Rules>& rules);

  const CommandLine& line_;
  Random random_;
  Addresses addresses_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

/// The same address with a port that is free for both UDP and TCP now, when its port is 0.
std::optional<Endpoint> with_free_port(const Endpoint& address);

}  // namespace dotring::responder
