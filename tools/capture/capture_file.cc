#include "tools/capture/capture_file.h"

#include "tools/capture/pcap_reader.h"
#include "tools/capture/pcapng_reader.h"

namespace dotring::capture {

std::optional<std::string> CaptureFile::open(const std::string& path) {
  if (auto failure = input_.open(path)) return failure;
  return find_reader();
}

std::optional<std::string> CaptureFile::open(Bytes octets) {
  input_.open(octets);
  return find_reader();
}

std::optional<std::string> CaptureFile::find_reader() {
  const Bytes head = input_.peek(4);
  if (head.empty()) return input_.failure().empty() ? "it is empty" : input_.failure();
  if (PcapngReader::is_magic(head)) {
    reader_ = std::make_unique<PcapngReader>(input_);
  } else {
    reader_ = std::make_unique<PcapReader>(input_);
  }
  if (!reader_->failure().empty()) return reader_->failure();
  return std::nullopt;
}

}  // namespace dotring::capture
