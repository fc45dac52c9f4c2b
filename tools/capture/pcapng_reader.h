// pcapng files: sections of either byte order, several interfaces with link types and clocks of
// their own (draft-ietf-opsawg-pcapng).
//
// Why not libpcap: it refuses a file whose interfaces differ in link type (pcapng is what
// "capture on any interface" and mergecap write). Only what gives packets is read: section headers,
// interface descriptions, enhanced, simple and obsolete packets. All other blocks are stepped over.
//
// Memory: one block of at most kBlockSizeMax octets, and kInterfacesMax interfaces of 24.

#pragma once

#include <vector>

#include "tools/capture/input.h"
#include "tools/capture/packet.h"

namespace dotring::capture {

class PcapngReader final : public PacketReader {
 public:
  static constexpr uint32_t kBlockSizeMax = 1 << 20;
  static constexpr size_t kInterfacesMax = 4096;

  /// `input` outlives the reader.
  explicit PcapngReader(Input& input) : input_(input) {}

  bool next(Packet& packet) override;
  const std::string& failure() const override { return failure_; }

  /// Whether a file that begins with these four octets is of this format.
  static bool is_magic(Bytes head);

 private:
  struct Interface {
    uint32_t link = 0;
    uint32_t snap_length = 0;          ///< 0: none
    uint64_t units_per_s = 1'000'000;  ///< of its time stamps
    int64_t offset_s = 0;
  };
  struct Block {
    uint32_t type = 0;
    Bytes body;
  };

  bool read_block(Block& block);
  bool read_body(uint32_t size);
  bool begin_section();
  bool step_over(uint64_t size);
  bool fail(std::string what);
  void add_interface(Bytes body);
  void read_option(Interface& interface, uint16_t code, Bytes value);
  bool read_packet(const Block& block, Packet& packet);
  bool read_enhanced(Bytes body, Packet& packet);
  bool read_obsolete(Bytes body, Packet& packet);
  bool read_simple(Bytes body, Packet& packet);
  bool fill_packet(const Interface* interface, uint64_t time, Bytes rest, uint32_t captured,
                   uint32_t size, Packet& packet);
  const Interface* interface_at(uint32_t index) const;
  uint16_t u16(const uint8_t* at) const;
  uint32_t u32(const uint8_t* at) const;

  Input& input_;
  bool little_endian_ = false;
  bool in_section_ = false;
  std::vector<Interface> interfaces_;
  std::vector<uint8_t> body_;
  uint64_t last_time_ns_ = 0;  ///< simple packets have none of their own
  std::string failure_;
};

}  // namespace dotring::capture
