#include "tools/capture/pcap_reader.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstdio>

namespace dotring::capture {
namespace {

constexpr size_t kStreamBufferSize = 64 << 10;

ssize_t read_input(void* input, char* to, size_t size) {
  auto* octets = reinterpret_cast<uint8_t*>(to);
  return static_cast<ssize_t>(static_cast<Input*>(input)->read_some({octets, size}));
}

// Time stamps before 1970 or after 2554 cannot be told in 64 bits of nanoseconds.
uint64_t time_ns(const timeval& time) {
  constexpr int64_t kSecondsMax = INT64_MAX / 1'000'000'000 - 1;
  const int64_t seconds = time.tv_sec < 0 ? 0 : std::min<int64_t>(time.tv_sec, kSecondsMax);
  const int64_t nanoseconds = time.tv_usec < 0 ? 0 : time.tv_usec;
  return static_cast<uint64_t>(seconds) * 1'000'000'000 + static_cast<uint64_t>(nanoseconds);
}

}  // namespace

PcapReader::PcapReader(Input& input) : input_(input) {
  FILE* stream = fopencookie(&input, "rb", {read_input, nullptr, nullptr, nullptr});
  if (!stream) {
    failure_ = "no memory for a stream";
    return;
  }
  setvbuf(stream, nullptr, _IOFBF, kStreamBufferSize);
  char problem[PCAP_ERRBUF_SIZE] = "";
  pcap_ = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, problem);
  if (pcap_) {
    link_ = static_cast<uint32_t>(pcap_datalink(pcap_));
    return;
  }
  failure_ = input.failure().empty() ? problem : input.failure();
  fclose(stream);
}

PcapReader::~PcapReader() {
  if (pcap_) pcap_close(pcap_);
}

bool PcapReader::next(Packet& packet) {
  if (!pcap_ || !failure_.empty()) return false;
  pcap_pkthdr* header = nullptr;
  const u_char* octets = nullptr;
  const int result = pcap_next_ex(pcap_, &header, &octets);
  if (result != 1) {
    failure_ = input_.failure();
    if (failure_.empty() && result == PCAP_ERROR) failure_ = pcap_geterr(pcap_);
    return false;
  }
  packet = {time_ns(header->ts), link_, header->len, {octets, header->caplen}};
  return true;
}

}  // namespace dotring::capture
