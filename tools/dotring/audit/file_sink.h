// A log as a file: appended to, moved away when it is large enough, opened again when asked to.
//
// A named pipe will do too: while nobody reads it, queries are dropped. Old files are FILE.1 (the
// latest) to FILE.N. Where each file must begin and end in a certain way (`head`, `tail`), one that
// is there already is moved away first.
//
// Invariant: a file that moves away ends with a whole query, and is larger than size_max by less
// than one query.

#pragma once

#include "tools/dotring/audit/sink.h"

namespace dotring::appliance {

class FileSink final : public Sink {
 public:
  struct Options {
    std::string path;
    /// 0: it is never moved away by itself.
    uint64_t size_max = 0;
    uint32_t files_kept = 0;
    std::vector<uint8_t> head;
    std::vector<uint8_t> tail;
  };

  FileSink(Options options, Teller teller, OutputStatistics& statistics)
      : Sink(std::move(teller), statistics), options_(std::move(options)) {}
  ~FileSink() override;

  /// Not null: why it cannot be written. Without it, work() opens the file.
  std::optional<std::string> open();
  /// The same without creating it; or why it could not be moved away when it has `size_max`.
  static std::optional<std::string> problem_of(const std::string& path, uint64_t size_max);

  /// A named pipe: nobody may be reading it yet.
  static bool is_pipe(const std::string& path);

  void work(uint64_t now_ms) override;
  void reopen() override;
  void finish() override;
  Wanted wanted() const override;

 private:
  bool usable() const override { return descriptor_ >= 0; }
  bool is_full() const override;
  std::optional<std::string> open_file();
  void close_file();
  std::optional<std::string> move_away();
  bool is_due() const;
  void rotate();
  void write_some();
  void on_write_failed(int error);
  bool write_plain(const std::vector<uint8_t>& octets);
  std::string old_path(uint32_t number) const;

  const Options options_;
  int descriptor_ = -1;
  bool regular_ = false;
  bool whole_ = true;  ///< what is in the file ends with a whole query
  uint64_t size_ = 0;
  uint64_t retry_at_ms_ = 0;
};

}  // namespace dotring::appliance
