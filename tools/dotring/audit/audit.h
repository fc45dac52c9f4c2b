// The account of queries as configured: which outputs there are, a recorder for each worker, one
// thread that writes.
//
// With no output configured there is nothing: no recorder, no thread. What it is not: the log of
// dotring itself (log/log.h).

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/dotring/audit/file_sink.h"
#include "tools/dotring/audit/stream_sink.h"
#include "tools/dotring/audit/writer.h"
#include "tools/dotring/config/source.h"
#include "tools/dotring/log/log.h"

namespace dotring::appliance {

class Audit {
 public:
  Audit() = default;
  ~Audit();

  /// Reads what `options` name, touches no log. Not null: which key is wrong, and why.
  std::optional<ConfigError> check(const AuditOptions& options, Random& random);
  /// After check(): opens the files and makes the recorders. Not null: what cannot be opened. `log`
  /// and `clock` outlive it.
  std::optional<ConfigError> open(size_t workers, Random& random, const io::Clock& clock, Log& log);
  /// Null: nothing is written down. Of one worker, for as long as it lives.
  query::QueryObserver* recorder(size_t worker);
  /// From any thread: the files were moved away.
  void reopen();
  /// When the workers have ended: writes what is left.
  void close();

  /// Files with secrets that others may read.
  const std::vector<std::string>& exposed_files() const { return exposed_files_; }
  std::vector<OutputSource> outputs() const;
  std::vector<const RecorderStatistics*> recorders() const;
  /// Octets taken at most.
  static uint64_t memory_max(const AuditOptions& options, size_t workers);

 private:
  std::optional<ConfigError> check_target();
  std::optional<ConfigError> read_key(Random& random);
  std::optional<ConfigError> open_file(const char* name, const char* key, FileSink::Options options,
                                       std::unique_ptr<Format> format, Log& log);
  std::optional<ConfigError> open_dnstap(Log& log);

  AuditOptions options_;
  std::optional<StreamSink::Target> stream_;
  std::string dnstap_file_;
  HashKey key_;
  std::vector<std::string> exposed_files_;
  Doorbell doorbell_;
  std::vector<Output> outputs_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::optional<Writer> writer_;
};

}  // namespace dotring::appliance
