#include "tools/dotring/audit/audit.h"

#include <bit>

#include "tools/common/version.h"
#include "tools/dotring/audit/dnstap_format.h"
#include "tools/dotring/audit/frame_stream.h"
#include "tools/dotring/audit/json_format.h"
#include "tools/dotring/config/secret_file.h"

namespace dotring::appliance {
namespace {

using Failure = std::optional<ConfigError>;

constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kTcp = "tcp://";

ConfigError not_written(const char* key, const std::string& path, const std::string& cause) {
  return {key, path, "",
          "cannot be written: " + cause +
              "; give a file in a folder that is there and that dotring's user may write to"};
}

Failure check_file(const char* key, const std::string& path, uint64_t size_max) {
  if (path.empty()) return std::nullopt;
  if (const auto problem = FileSink::problem_of(path, size_max)) {
    return not_written(key, path, *problem);
  }
  return std::nullopt;
}

Sink::Teller teller_of(Log& log, const char* output) {
  return [&log, output](const std::optional<std::string>& failure) {
    if (failure)
      return log.warning("audit_output_failed", {{"output", output}, {"cause", *failure}});
    log.info("audit_output_well", {{"output", output}});
  };
}

}  // namespace

Audit::~Audit() {
  close();
}

Failure Audit::check(const AuditOptions& options, Random& random, const Audit* before) {
  options_ = options;
  own_key_ = before ? before->own_key_ : random.fork();
  if (Failure failure = check_file("audit.file", options_.file, options_.file_size_max))
    return failure;
  if (Failure failure = check_target()) return failure;
  return read_key();
}

Failure Audit::check_target() {
  const std::string& target = options_.dnstap_target;
  if (target.starts_with(kUnix)) {
    const std::string path = target.substr(kUnix.size());
    if (path.empty() || path[0] != '/' || path.size() > StreamSink::kPathMax) {
      return ConfigError{"dnstap.target", target, "",
                         "no path of a socket; give unix:///PATH with at most 107 octets of path"};
    }
    stream_ = path;
  } else if (target.starts_with(kTcp)) {
    const std::optional<Endpoint> endpoint = Endpoint::parse(target.substr(kTcp.size()));
    if (!endpoint) {
      return ConfigError{"dnstap.target", target, "", "no address; give tcp://ADDRESS:PORT"};
    }
    stream_ = *endpoint;
  } else {
    dnstap_file_ = target;
  }
  return check_file("dnstap.target", dnstap_file_, options_.file_size_max);
}

Failure Audit::read_key() {
  key_ = own_key_;
  if (options_.hash_key_file.empty()) return std::nullopt;
  std::array<uint8_t, 16> octets;
  bool exposed = false;
  if (auto problem = read_secret_file(options_.hash_key_file, octets, exposed)) {
    return ConfigError{"audit.hash_key_file", options_.hash_key_file, "", *problem};
  }
  if (exposed) exposed_files_.push_back(options_.hash_key_file);
  contents_.note("audit.hash_key_file", text_of(octets));
  key_ = std::bit_cast<HashKey>(octets);
  return std::nullopt;
}

bool Audit::same_as(const Audit& other) const {
  return options_ == other.options_ && contents_.changed_since(other.contents_).empty();
}

bool Audit::writes_to(const std::string& path) const {
  return path == options_.file || path == dnstap_file_;
}

Failure Audit::add_file(const char* key, Output output, std::unique_ptr<FileSink> sink,
                        const std::string& path, const Audit* before) {
  if (!before || !before->writes_to(path)) {
    const std::optional<std::string> failure = sink->open();
    // A pipe without a reader is tried again; anything else is wrong now and should be said.
    if (failure && !FileSink::is_pipe(path)) return not_written(key, path, *failure);
  }
  output.sink = std::move(sink);
  outputs_.push_back(std::move(output));
  return std::nullopt;
}

Failure Audit::add_json(Log& log, const Audit* before) {
  if (options_.file.empty()) return std::nullopt;
  Output output{"file", std::make_unique<JsonFormat>(ClientMask(options_.clients, key_)), nullptr};
  auto sink = std::make_unique<FileSink>(
      FileSink::Options{options_.file, options_.file_size_max, options_.files_kept, {}, {}},
      teller_of(log, output.name), statistics_->file);
  return add_file("audit.file", std::move(output), std::move(sink), options_.file, before);
}

Failure Audit::add_dnstap(Log& log, const Audit* before) {
  if (options_.dnstap_target.empty()) return std::nullopt;
  Output output{
      "dnstap",
      std::make_unique<DnstapFormat>(ClientMask(options_.clients, key_), options_.dnstap_identity,
                                     "dotring " + std::string(version())),
      nullptr};
  Sink::Teller teller = teller_of(log, output.name);
  if (stream_) {
    output.sink = std::make_unique<StreamSink>(*stream_, std::move(teller), statistics_->dnstap);
    outputs_.push_back(std::move(output));
    return std::nullopt;
  }
  auto sink = std::make_unique<FileSink>(
      FileSink::Options{dnstap_file_, options_.file_size_max, options_.files_kept,
                        frame_stream::start(), frame_stream::stop()},
      std::move(teller), statistics_->dnstap);
  return add_file("dnstap.target", std::move(output), std::move(sink), dnstap_file_, before);
}

Failure Audit::prepare(size_t workers, Random& random, Log& log, const Audit* before) {
  statistics_ = before ? before->statistics_ : std::make_shared<AuditStatistics>(workers);
  if (Failure failure = add_json(log, before)) return failure;
  if (Failure failure = add_dnstap(log, before)) return failure;
  if (outputs_.empty()) return std::nullopt;
  for (size_t i = 0; i < workers; ++i) {
    recorders_.push_back(std::make_unique<Recorder>(options_.queue_bytes, options_.sample,
                                                    random.fork(), doorbell_,
                                                    statistics_->recorders[i]));
  }
  return std::nullopt;
}

void Audit::start(const io::Clock& clock) {
  const std::lock_guard guard(writer_mutex_);
  if (!outputs_.empty()) writer_.emplace(outputs_, recorders_, doorbell_, clock);
}

query::QueryObserver* Audit::recorder(size_t worker) const {
  return recorders_.empty() ? nullptr : recorders_[worker].get();
}

void Audit::reopen() {
  const std::lock_guard guard(writer_mutex_);
  if (writer_) writer_->reopen();
}

void Audit::close() {
  const std::lock_guard guard(writer_mutex_);
  writer_.reset();
}

std::vector<OutputSource> Audit::outputs() const {
  std::vector<OutputSource> sources;
  for (const Output& output : outputs_) {
    sources.push_back({output.name, &output.sink->statistics()});
  }
  return sources;
}

std::vector<const RecorderStatistics*> Audit::recorders() const {
  std::vector<const RecorderStatistics*> all;
  for (const RecorderStatistics& one : statistics_->recorders) all.push_back(&one);
  return all;
}

uint64_t Audit::memory_max(const AuditOptions& options, size_t workers) {
  const size_t outputs = !options.file.empty() + !options.dnstap_target.empty();
  if (outputs == 0) return 0;
  // A buffer that grows holds the old one meanwhile.
  return workers * std::bit_ceil(options.queue_bytes) + outputs * 3 * Sink::kBufferMax;
}

}  // namespace dotring::appliance
