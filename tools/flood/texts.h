// Options as they are written, before they are looked at; and what they mean.

#pragma once

#include <string>
#include <vector>

#include "tools/flood/load/settings.h"
#include "tools/flood/server_address.h"

namespace dotring::flood {

struct Texts {
  std::string server = "127.0.0.1";
  uint16_t port = 0;  ///< 0: the transport's own
  Family family = Family::Any;
  std::string versus;
  std::vector<std::string> dnsperf_options;  ///< NAME=VALUE
  std::string source;
  double duration_s = 0;  ///< 0: not said
  double timeout_s = 5;
  double interval_s = 0;
  int buffer_kilobytes = 0;
  uint64_t runs = 0;
  std::string file;
  bool binary = false;
  std::string names_file;
  std::string capture_file;
  std::string types;
  bool edns = false;
  uint16_t edns_size = 0;
  std::vector<std::string> options;
  std::string ramp;
  std::string steps;
  double search_loss = 0.1;  ///< percent
  double search_p99_ms = 100;
};

/// Sets what `texts` mean. Not empty: what is wrong, in one line.
std::string read_texts(const Texts& texts, Settings& settings);

}  // namespace dotring::flood
