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

Failure check_file(const char* key, const std::string& path) {
  if (path.empty()) return std::nullopt;
  const auto problem = FileSink::problem_of(path);
  if (!problem) return std::nullopt;
  return ConfigError{key, path, "", "cannot be written: " + *problem};
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

Failure Audit::check(const AuditOptions& options, Random& random) {
  options_ = options;
  if (Failure failure = check_file("audit.file", options_.file)) return failure;
  if (Failure failure = check_target()) return failure;
  return read_key(random);
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
  return check_file("dnstap.target", dnstap_file_);
}

Failure Audit::read_key(Random& random) {
  if (options_.hash_key_file.empty()) {
    key_ = random.fork();
    return std::nullopt;
  }
  std::array<uint8_t, 16> octets;
  bool exposed = false;
  if (auto problem = read_secret_file(options_.hash_key_file, octets, exposed)) {
    return ConfigError{"audit.hash_key_file", options_.hash_key_file, "", *problem};
  }
  if (exposed) exposed_files_.push_back(options_.hash_key_file);
  key_ = std::bit_cast<HashKey>(octets);
  return std::nullopt;
}

Failure Audit::open_file(const char* name, const char* key, FileSink::Options options,
                         std::unique_ptr<Format> format, Log& log) {
  const std::string path = options.path;
  auto sink = std::make_unique<FileSink>(std::move(options), teller_of(log, name));
  const std::optional<std::string> failure = sink->open();
  // A pipe without a reader is tried again; anything else is wrong now and should be said.
  if (failure && !FileSink::is_pipe(path)) {
    return ConfigError{key, path, "", "cannot be written: " + *failure};
  }
  outputs_.push_back({name, std::move(format), std::move(sink)});
  return std::nullopt;
}

Failure Audit::open_dnstap(Log& log) {
  auto format =
      std::make_unique<DnstapFormat>(ClientMask(options_.clients, key_), options_.dnstap_identity,
                                     "dotring " + std::string(version()));
  if (stream_) {
    outputs_.push_back({"dnstap", std::move(format),
                        std::make_unique<StreamSink>(*stream_, teller_of(log, "dnstap"))});
    return std::nullopt;
  }
  return open_file("dnstap", "dnstap.target",
                   {dnstap_file_, options_.file_size_max, options_.files_kept,
                    frame_stream::start(), frame_stream::stop()},
                   std::move(format), log);
}

Failure Audit::open(size_t workers, Random& random, const io::Clock& clock, Log& log) {
  if (!options_.file.empty()) {
    if (Failure failure =
            open_file("file", "audit.file",
                      {options_.file, options_.file_size_max, options_.files_kept, {}, {}},
                      std::make_unique<JsonFormat>(ClientMask(options_.clients, key_)), log)) {
      return failure;
    }
  }
  if (!options_.dnstap_target.empty()) {
    if (Failure failure = open_dnstap(log)) return failure;
  }
  if (outputs_.empty()) return std::nullopt;
  for (size_t i = 0; i < workers; ++i) {
    recorders_.push_back(std::make_unique<Recorder>(options_.queue_bytes, options_.sample,
                                                    random.fork(), doorbell_));
  }
  writer_.emplace(outputs_, recorders_, doorbell_, clock);
  return std::nullopt;
}

query::QueryObserver* Audit::recorder(size_t worker) {
  return recorders_.empty() ? nullptr : recorders_[worker].get();
}

void Audit::reopen() {
  if (writer_) writer_->reopen();
}

void Audit::close() {
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
  for (const auto& recorder : recorders_) all.push_back(&recorder->statistics());
  return all;
}

uint64_t Audit::memory_max(const AuditOptions& options, size_t workers) {
  const size_t outputs = !options.file.empty() + !options.dnstap_target.empty();
  if (outputs == 0) return 0;
  // A buffer that grows holds the old one meanwhile.
  return workers * std::bit_ceil(options.queue_bytes) + outputs * 3 * Sink::kBufferMax;
}

}  // namespace dotring::appliance
