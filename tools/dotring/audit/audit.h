// The account of queries as configured: which outputs there are, a recorder for each worker, one
// thread that writes.
//
//   check() -> prepare() -> [workers record] -> start() -> close()
//
// A reload makes another one in the place of an earlier one: workers record into its queues while
// the earlier one still writes what it has, so nothing is lost between them, and no file is written
// by both. With no output configured there is nothing: no recorder, no thread. What it is not: the
// log of dotring itself (log/log.h).

#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/dotring/audit/file_sink.h"
#include "tools/dotring/audit/stream_sink.h"
#include "tools/dotring/audit/writer.h"
#include "tools/dotring/config/file_contents.h"
#include "tools/dotring/config/source.h"
#include "tools/dotring/log/log.h"

namespace dotring::appliance {

class Audit {
 public:
  Audit() = default;
  ~Audit();

  /// Reads what `options` name, touches no log. Not null: which key is wrong, and why. `before`:
  /// the one that this is to replace; a key that it has drawn is kept.
  std::optional<ConfigError> check(const AuditOptions& options, Random& random,
                                   const Audit* before = nullptr);
  /// After check(): whether `other` does the same.
  bool same_as(const Audit& other) const;
  /// Opens the files and makes the recorders. Files that `before` writes are opened by start(). Not
  /// null: what cannot be opened. `log` outlives it.
  std::optional<ConfigError> prepare(size_t workers, Random& random, Log& log,
                                     const Audit* before = nullptr);
  /// Begins to write; one before it is closed. `clock` outlives it.
  void start(const io::Clock& clock);
  /// After prepare(). Null: nothing is written down. Of one worker, for as long as this lives.
  query::QueryObserver* recorder(size_t worker) const;
  /// From any thread: the files were moved away.
  void reopen();
  /// When no worker records any more: writes what is left.
  void close();

  /// Files with secrets that others may read.
  const std::vector<std::string>& exposed_files() const { return exposed_files_; }
  /// What was in the files.
  const FileContents& contents() const { return contents_; }
  /// After prepare(), from any thread.
  std::vector<OutputSource> outputs() const;
  std::vector<const RecorderStatistics*> recorders() const;
  /// Octets taken at most.
  static uint64_t memory_max(const AuditOptions& options, size_t workers);

 private:
  std::optional<ConfigError> check_target();
  std::optional<ConfigError> read_key();
  bool writes_to(const std::string& path) const;
  std::optional<ConfigError> add_file(const char* key, Output output,
                                      std::unique_ptr<FileSink> sink, const std::string& path,
                                      const Audit* before);
  std::optional<ConfigError> add_json(Log& log, const Audit* before);
  std::optional<ConfigError> add_dnstap(Log& log, const Audit* before);

  AuditOptions options_;
  std::optional<StreamSink::Target> stream_;
  std::string dnstap_file_;
  HashKey own_key_;  ///< of this start
  HashKey key_;
  std::vector<std::string> exposed_files_;
  FileContents contents_;
  std::shared_ptr<AuditStatistics> statistics_;  ///< the same as of the ones before
  Doorbell doorbell_;
  std::vector<Output> outputs_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::mutex writer_mutex_;  ///< of what follows: who reloads is not who reopens
  std::optional<Writer> writer_;
};

}  // namespace dotring::appliance
