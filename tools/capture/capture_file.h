// A capture: opened, and read packet by packet, whatever its format and compression.

#pragma once

#include <memory>

#include "tools/capture/input.h"
#include "tools/capture/packet.h"

namespace dotring::capture {

class CaptureFile {
 public:
  /// As Input::before_waiting().
  void before_waiting(std::function<void()> call) { input_.before_waiting(std::move(call)); }

  /// "-": standard input. Not null: why it cannot be read at all, in one line without the name.
  std::optional<std::string> open(const std::string& path);
  /// A capture that is already in memory and outlives this.
  std::optional<std::string> open(Bytes octets);

  /// False at the end, or when failure() says why there is no more.
  bool next(Packet& packet) { return reader_->next(packet); }
  /// Not empty: why it ended early. What was read before is good.
  const std::string& failure() const { return reader_->failure(); }

 private:
  std::optional<std::string> find_reader();

  Input input_;
  std::unique_ptr<PacketReader> reader_;
};

}  // namespace dotring::capture
