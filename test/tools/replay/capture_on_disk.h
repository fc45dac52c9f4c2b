// Captures for tests of what reads them from a file.

#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "test/tools/capture/packets.h"

namespace dotring::replay {

/// A capture on disk until the test ends.
class File {
 public:
  explicit File(const capture::Octets& octets)
      : path_(testing::TempDir() + "dotring-reader-test-" + std::to_string(getpid())) {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(octets.data()),
               static_cast<std::streamsize>(octets.size()));
  }
  ~File() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// One query in 10 ms, each with its answer.
inline capture::Octets capture_of(uint16_t queries) {
  using namespace capture;
  std::vector<Captured> packets;
  for (uint16_t id = 0; id < queries; ++id) {
    const uint64_t time_ns = kStart + id * kSecond / 100;
    packets.push_back({time_ns, ethernet4(udp4(query(id))), 0, 0});
    packets.push_back({time_ns, ethernet4(udp4(answer(id), kServer4, kClient4)), 0, 0});
  }
  return pcap_file(packets, {false, true, 1});
}

}  // namespace dotring::replay
