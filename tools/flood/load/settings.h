// What the user asked for, whatever way it was said.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/clients/options.h"
#include "tools/clients/source_network.h"
#include "tools/flood/load/schedule.h"
#include "tools/flood/questions/questions.h"

namespace dotring::flood {

/// How the highest rate is searched for.
struct SearchSettings {
  bool wanted = false;
  double loss_max = 0.001;            ///< share
  uint64_t p99_ns_max = 100'000'000;  ///< from when due
  double rate_max = 10'000'000;       ///< queries per second
  double accuracy = 0.02;             ///< the search ends when it knows the rate within this share
};

struct Settings {
  std::vector<Endpoint> servers;  ///< one, or two to compare
  clients::Transport transport = clients::Transport::Udp;
  uint32_t clients = 1;
  uint32_t threads = 1;
  uint32_t outstanding_max = 0;  ///< over all clients; 0: 100, or what an open loop needs
  std::optional<clients::SourceNetwork> sources;
  uint16_t source_port = 0;  ///< of the first client, the others' follow; 0: the kernel chooses
  int socket_buffer_bytes = 4 << 20;
  bool accept_queries = false;
  bool spin = false;

  double rate_per_s = 0;      ///< 0: closed loop, unless there are stages
  std::vector<Stage> stages;  ///< ramp and steps
  bool steps = false;         ///< the stages are reported one by one
  uint64_t duration_ns = 10'000'000'000;
  uint64_t count_max = UINT64_MAX;
  uint64_t timeout_ns = 5'000'000'000;
  SearchSettings search;

  uint64_t queries_per_connection = 0;
  uint64_t idle_timeout_ms = 0;
  double connections_per_s = 0;
  bool resume = true;
  std::string ca_file;
  std::string tls_name;
  bool verify = true;

  QuestionOptions questions;
  uint64_t seed = 1;

  // Output
  std::optional<std::string> json;  ///< a file; "-": standard output, in place of the table
  std::string plot;
  uint64_t period_ns = 1'000'000'000;
  bool print_periods = false;
  std::vector<std::string> arguments;

  bool open_loop() const { return rate_per_s > 0 || !stages.empty(); }
};

}  // namespace dotring::flood
