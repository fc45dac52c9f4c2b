#include "tools/capture/capture_file.h"

#include <gtest/gtest.h>

#include "test/tools/capture/packets.h"
#include "tools/capture/pcapng_reader.h"

namespace dotring::capture {
namespace {

struct Result {
  std::vector<Octets> packets;
  std::vector<uint64_t> times_ns;
  std::vector<uint32_t> links;
  std::string failure;
};

Result read_all(const Octets& file) {
  Result result;
  CaptureFile capture;
  if (auto failure = capture.open(Bytes(file))) return {{}, {}, {}, *failure};
  Packet packet;
  while (capture.next(packet)) {
    result.packets.emplace_back(packet.bytes.begin(), packet.bytes.end());
    result.times_ns.push_back(packet.time_ns);
    result.links.push_back(packet.link);
  }
  result.failure = capture.failure();
  return result;
}

const Octets kPacket = ethernet4(udp4(query(1)));
const uint64_t kTimeNs = kStart + 123'456'789;

TEST(PcapReaderTest, ReadsBothByteOrdersAndBothResolutions) {
  for (const bool big_endian : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      const Octets file = pcap_file({{kTimeNs, kPacket, 0, 0}}, {big_endian, nanoseconds, 1});
      const Result result = read_all(file);
      ASSERT_EQ(result.packets.size(), 1u);
      EXPECT_EQ(result.packets[0], kPacket);
      EXPECT_EQ(result.times_ns[0], nanoseconds ? kTimeNs : kTimeNs / 1000 * 1000);
      EXPECT_EQ(result.links[0], 1u);
      EXPECT_EQ(result.failure, "");
    }
  }
}

TEST(PcapReaderTest, KeepsTheLinkTypesThatFilesWrite) {
  for (const uint32_t link : {0u, 1u, 12u, 14u, 101u, 108u, 113u, 228u, 229u, 276u}) {
    const Result result = read_all(pcap_of(kPacket, {false, false, link}));
    ASSERT_EQ(result.links.size(), 1u) << link;
    // libpcap has a number of its own for raw IP.
    EXPECT_EQ(result.links[0], link == 101 ? 12u : link);
  }
}

TEST(PcapReaderTest, GivesWhatWasReadBeforeTheFileIsCutOff) {
  const Octets file = pcap_file({{kTimeNs, kPacket, 0, 0}, {kTimeNs, kPacket, 0, 0}});
  for (const size_t missing : {size_t{1}, kPacket.size(), kPacket.size() + 15}) {
    const Result result = read_all(cut(file, 0, file.size() - missing));
    EXPECT_EQ(result.packets.size(), 1u) << missing;
    EXPECT_NE(result.failure, "") << missing;
  }
}

TEST(PcapReaderTest, DoesNotBelieveALengthOfAGigabyte) {
  FileWriter record(false);
  record.u32(1).u32(0).u32(1 << 30).u32(1 << 30);
  const Result result = read_all(pcap_of(kPacket) + record.octets());
  EXPECT_EQ(result.packets.size(), 1u);
  EXPECT_NE(result.failure, "");
}

TEST(PcapReaderTest, SaysThatAFileIsNoCapture) {
  for (const Octets& file :
       {Octets(), Octets{0xa1}, Octets(100, 'x'), cut(pcap_of(kPacket), 0, 20)}) {
    const Result result = read_all(file);
    EXPECT_TRUE(result.packets.empty());
    EXPECT_NE(result.failure, "");
  }
}

TEST(PcapngReaderTest, ReadsInterfacesWithLinksAndClocksOfTheirOwn) {
  for (const bool big : {false, true}) {
    const Octets file = section(big) + interface(big, 1) + interface(big, 101, resolution(big, 9)) +
                        interface(big, 228, resolution(big, 0x80 | 10)) +
                        enhanced(big, 0, kTimeNs / 1000, kPacket) +
                        enhanced(big, 1, kTimeNs, udp4(query(2))) +
                        enhanced(big, 2, 5 * 1024 + 512, udp4(query(3)));
    const Result result = read_all(file);
    ASSERT_EQ(result.packets.size(), 3u) << result.failure;
    EXPECT_EQ(result.packets, (std::vector<Octets>{kPacket, udp4(query(2)), udp4(query(3))}));
    EXPECT_EQ(result.links, (std::vector<uint32_t>{1, 101, 228}));
    EXPECT_EQ(result.times_ns,
              (std::vector<uint64_t>{kTimeNs / 1000 * 1000, kTimeNs, 5 * kSecond + kSecond / 2}));
    EXPECT_EQ(result.failure, "");
  }
}

TEST(PcapngReaderTest, BeginsAgainWithEachSection) {
  const Octets file = section(false) + interface(false, 1) + interface(false, 101) +
                      enhanced(false, 0, 1, kPacket) + section(true) + interface(true, 228) +
                      enhanced(true, 0, 2, kPacket);
  const Result result = read_all(file);
  EXPECT_EQ(result.links, (std::vector<uint32_t>{1, 228}));
  EXPECT_EQ(result.failure, "");
}

TEST(PcapngReaderTest, StepsOverBlocksThatGiveNoPackets) {
  const Octets other = block(false, 0x0bad, Octets(3'000'000, 7));
  const Octets file =
      section(false) + other + interface(false, 1) + other + enhanced(false, 0, 1, kPacket) + other;
  const Result result = read_all(file);
  EXPECT_EQ(result.packets.size(), 1u);
  EXPECT_EQ(result.failure, "");
}

TEST(PcapngReaderTest, ReadsSimpleAndObsoletePackets) {
  FileWriter simple(false), obsolete(false);
  simple.u32(kPacket.size()).bytes(kPacket);
  obsolete.u16(0).u16(0).u32(0).u32(7'000'000).u32(kPacket.size()).u32(kPacket.size());
  obsolete.bytes(kPacket);
  const Octets file = section(false) + interface(false, 1) + block(false, 2, obsolete.octets()) +
                      block(false, 3, simple.octets());
  const Result result = read_all(file);
  ASSERT_EQ(result.packets.size(), 2u) << result.failure;
  EXPECT_EQ(result.packets[0], kPacket);
  EXPECT_EQ(result.packets[1], kPacket);
  // A simple packet has no time: that of the one before.
  EXPECT_EQ(result.times_ns, (std::vector<uint64_t>{7 * kSecond, 7 * kSecond}));
}

TEST(PcapngReaderTest, GivesWhatWasReadBeforeWhatIsWrong) {
  const Octets good = section(false) + interface(false, 1) + enhanced(false, 0, 1, kPacket);
  FileWriter huge(false), lying(false), two_lengths(false);
  huge.u32(6).u32(1 << 30);
  lying.u32(0).u32(0).u32(0).u32(1000).u32(1000).bytes(kPacket);
  two_lengths.u32(6).u32(32).bytes(Octets(20)).u32(36);
  const std::vector<Octets> wrong = {
      huge.octets(),
      block(false, 6, lying.octets()),
      two_lengths.octets(),
      enhanced(false, 9, 1, kPacket),               // no such interface
      interface(false, 1, resolution(false, 100)),  // no such clock
      cut(enhanced(false, 0, 1, kPacket), 0, 30),   // cut off
      cut(enhanced(false, 0, 1, kPacket), 0, 5),    // cut off in its header
      block(false, 0x0a0d0d0a, Octets(16, 1)),      // a section of no byte order
      FileWriter(false).u32(6).u32(13).octets(),    // a length that is odd
  };
  for (size_t i = 0; i < wrong.size(); ++i) {
    const Result result = read_all(good + wrong[i]);
    EXPECT_EQ(result.packets.size(), 1u) << i;
    EXPECT_NE(result.failure, "") << i;
  }
}

TEST(PcapngReaderTest, RefusesInterfacesWithoutEnd) {
  Octets file = section(false);
  for (size_t i = 0; i <= PcapngReader::kInterfacesMax; ++i)
    file = std::move(file) + interface(false, 1);
  EXPECT_NE(read_all(file).failure, "");
}

}  // namespace
}  // namespace dotring::capture
