// With descriptor_sink.h the only file that knows spdlog.

#include "tools/dotring/log/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include <chrono>
#include <cstdio>
#include <ctime>

#include "tools/dotring/log/descriptor_sink.h"

namespace dotring::appliance {
namespace {

spdlog::level::level_enum severity(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      break;
  }
  return spdlog::level::err;
}

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warning";
    default:
      return "error";
  }
}

/// "2025-01-31T23:59:59.123456Z" (RFC 3339).
std::string timestamp(spdlog::log_clock::time_point time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  const time_t seconds = static_cast<time_t>(us.count() / 1'000'000);
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + size, sizeof text - size, ".%06dZ",
                static_cast<int>(us.count() % 1'000'000));
  return text;
}

/// Puts time and level in front of an event that render_event() made. The event's first octet tells
/// in which format that was: the format may change while lines wait.
class LineFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::string time = timestamp(message.time);
    const std::string_view level = level_name(message.level);
    const bool json = message.payload.size() > 0 && message.payload[0] == '"';
    append(line, json ? "{\"time\":\"" : "");
    append(line, time);
    append(line, json ? "\",\"level\":\"" : " ");
    append(line, level);
    append(line, json ? "\"," : " ");
    append(line, {message.payload.data(), message.payload.size()});
    append(line, json ? "}\n" : "\n");
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>();
  }

 private:
  static void append(spdlog::memory_buf_t& line, std::string_view text) {
    line.append(text.data(), text.data() + text.size());
  }
};

}  // namespace

struct Log::Backend {
  Backend(const LogOptions& options, int descriptor)
      : sink(std::make_shared<DescriptorSink>(descriptor)),
        pool(std::make_shared<spdlog::details::thread_pool>(options.queue_lines_max, 1)),
        logger(std::make_shared<spdlog::async_logger>(
            "dotring", sink, pool, spdlog::async_overflow_policy::overrun_oldest)) {
    sink->set_formatter(std::make_unique<LineFormatter>());
    logger->set_level(spdlog::level::trace);  // Log itself knows what is to be written
  }

  std::shared_ptr<DescriptorSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(const LogOptions& options, int descriptor)
    : level_(options.level),
      format_(options.format),
      names_(options.names),
      backend_(std::make_unique<Backend>(options, descriptor)) {}

Log::~Log() {
  // The pool's thread holds the logger: the pool ends first, and with it every line is written or
  // dropped.
  backend_->pool.reset();
}

void Log::write(LogLevel level, std::string_view event, const Fields& fields) {
  if (!enabled(level)) return;
  const std::string line = render_event(format_, event, fields);
  backend_->logger->log(severity(level), spdlog::string_view_t(line.data(), line.size()));
}

uint64_t Log::lines_dropped() const {
  return backend_->sink->dropped() + backend_->pool->overrun_counter();
}

}  // namespace dotring::appliance
