// pcap files of every kind that libpcap reads: microseconds, nanoseconds, both byte orders.
//
// libpcap does the reading, from the Input by a stream of its own making. It bounds a packet's size
// by the link type (256 KiB for nearly all), whatever the header claims.

#pragma once

#include <memory>

#include "tools/capture/input.h"
#include "tools/capture/packet.h"

struct pcap;

namespace dotring::capture {

class PcapReader final : public PacketReader {
 public:
  /// `input` outlives the reader.
  explicit PcapReader(Input& input);
  ~PcapReader() override;

  bool next(Packet& packet) override;
  const std::string& failure() const override { return failure_; }

 private:
  Input& input_;
  pcap* pcap_ = nullptr;
  uint32_t link_ = 0;
  std::string failure_;
};

}  // namespace dotring::capture
