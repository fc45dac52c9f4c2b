#include "tools/flood/texts.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dotring::flood {
namespace {

using Kind = QuestionOptions::Kind;

constexpr uint16_t kPortPlain = 53, kPortTls = 853;
constexpr uint16_t kEdnsSizeDefault = 1232;  // RFC 9715
constexpr double kDurationDefaultS = 10, kSearchDurationDefaultS = 3;
constexpr double kRateMin = 0.001, kRateMax = 1e8;
constexpr size_t kStagesMax = 1000;

uint64_t ns_of(double seconds) {
  return static_cast<uint64_t>(std::llround(seconds * 1e9));
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<double> parse_rate(std::string_view text) {
  const auto rate = parse_number(text);
  return rate && *rate >= kRateMin && *rate <= kRateMax ? rate : std::nullopt;
}

std::string read_servers(const Texts& texts, Settings& settings) {
  const bool tls = settings.transport == clients::Transport::Tls;
  const uint16_t port = texts.port ? texts.port : tls ? kPortTls : kPortPlain;
  std::vector<std::string> servers{texts.server};
  if (!texts.versus.empty()) servers.push_back(texts.versus);
  for (const std::string& text : servers) {
    const std::string problem =
        find_server(text, port, texts.family, settings.servers.emplace_back());
    if (!problem.empty()) return (text == texts.server ? "--server " : "--versus ") + problem;
  }
  return "";
}

std::string read_sources(const Texts& texts, Settings& settings) {
  const bool udp = settings.transport == clients::Transport::Udp;
  if (settings.source_port > 0 && !udp) return "-x: only over UDP";
  if (settings.source_port + settings.clients > 65536) return "-x: not enough ports behind it";
  if (settings.source_port > 0 && settings.servers.size() > 1) return "either -x or --versus";
  if (texts.source.empty()) return "";
  settings.sources = clients::SourceNetwork::parse(texts.source);
  if (!settings.sources) return "--source-net " + texts.source + ": wanted ADDRESS or ADDRESS/BITS";
  for (const Endpoint& server : settings.servers) {
    if (server.address.is_ipv4() != settings.sources->address(0).is_ipv4()) {
      return "--source-net " + texts.source + ": not of the server's address family";
    }
  }
  return "";
}

// "RATE[:SECONDS],..."; without seconds the duration is shared evenly.
std::string read_steps(const std::string& text, Settings& settings) {
  const auto count = static_cast<uint64_t>(std::ranges::count(text, ',')) + 1;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    const std::string_view step = std::string_view(text).substr(start, end - start);
    const size_t colon = step.find(':');
    const auto rate = parse_rate(step.substr(0, colon));
    const auto seconds = colon == step.npos ? std::nullopt : parse_number(step.substr(colon + 1));
    const bool good = rate && (colon == step.npos || (seconds && *seconds >= 0.001));
    if (!good || count > kStagesMax) return "--steps " + text + ": wanted RATE[:SECONDS],...";
    settings.stages.push_back(
        Stage::constant(*rate, seconds ? ns_of(*seconds) : settings.duration_ns / count));
    start = end + 1;
  }
  settings.steps = true;
  return "";
}

std::string read_ramp(const std::string& text, Settings& settings) {
  const size_t colon = std::min(text.find(':'), text.size());
  const auto from = parse_number(std::string_view(text).substr(0, colon));
  const auto to = parse_rate(std::string_view(text).substr(std::min(colon + 1, text.size())));
  if (!from || *from < 0 || *from > kRateMax || !to) return "--ramp " + text + ": wanted FROM:TO";
  settings.stages.push_back({*from, *to, settings.duration_ns});
  return "";
}

// dnsperf without -l and -n reads its file once; so does this one.
std::string read_schedule(const Texts& texts, Settings& settings) {
  const bool file = !texts.file.empty() || !texts.capture_file.empty();
  const bool to_the_end = file && (texts.runs > 0 || texts.duration_s == 0);
  settings.questions.passes = texts.runs > 0 ? texts.runs : to_the_end;
  const double by_default = settings.search.wanted ? kSearchDurationDefaultS : kDurationDefaultS;
  constexpr double kNoLimitS = 1e6;
  settings.duration_ns = ns_of(texts.duration_s > 0 ? texts.duration_s
                               : to_the_end         ? kNoLimitS
                                                    : by_default);
  settings.timeout_ns = ns_of(texts.timeout_s);
  if (texts.interval_s > 0) {
    settings.period_ns = ns_of(texts.interval_s);
    settings.print_periods = true;
  }
  settings.search.loss_max = texts.search_loss / 100;
  settings.search.p99_ns_max = ns_of(texts.search_p99_ms / 1000);
  const int ways = (settings.rate_per_s > 0 && !settings.search.wanted) + !texts.ramp.empty() +
                   !texts.steps.empty() + settings.search.wanted;
  if (ways > 1) return "only one of --rate, --ramp, --steps and --search";
  if (texts.runs > 0 && !file) return "-n needs --datafile or --pcap";
  if (!texts.steps.empty()) return read_steps(texts.steps, settings);
  if (!texts.ramp.empty()) return read_ramp(texts.ramp, settings);
  return "";
}

std::string read_form(const Texts& texts, QueryForm& form) {
  const bool wanted = texts.edns || form.dnssec_ok || form.cookie || !texts.options.empty();
  form.edns_size = texts.edns_size;
  if (wanted && form.edns_size == 0) form.edns_size = kEdnsSizeDefault;
  size_t octets = 0;
  for (const std::string& text : texts.options) {
    const std::string problem = parse_option(text, form.options.emplace_back());
    if (!problem.empty()) return "-E " + text + ": " + problem;
    octets += form.options.back().value.size();
  }
  return octets > 16'384 ? "-E: options too long" : "";
}

std::string read_questions(const Texts& texts, Settings& settings) {
  QuestionOptions& questions = settings.questions;
  const auto from = [&](const std::string& file, Kind kind) {
    if (file.empty()) return 0;
    questions.kind = kind;
    questions.file = file;
    return 1;
  };
  const int ways = from(texts.file, texts.binary ? Kind::Binary : Kind::Text) +
                   from(texts.names_file, Kind::Names) + from(texts.capture_file, Kind::Capture);
  if (ways > 1) return "only one of --datafile, --name-list and --pcap";
  if (texts.binary && texts.file.empty()) return "-B needs --datafile";
  if (!texts.types.empty()) {
    const auto types = TypeMix::parse(texts.types);
    if (!types) return "--type " + texts.types + ": wanted TYPE[:WEIGHT],...";
    questions.numbered.types = *types;
    questions.types_given = questions.kind != Kind::Names || types->mixed();
  }
  const std::string problem = read_form(texts, questions.numbered.form);
  const bool as_they_are = questions.kind == Kind::Binary || questions.kind == Kind::Capture;
  if (as_they_are && questions.numbered.form.edns_size > 0) {
    return "-e, -D, -E and --cookie: not with -B or --pcap, whose messages are sent as they are";
  }
  return problem;
}

// dnsperf's -O. What there is to suppress here nobody needs to.
std::string read_dnsperf_options(const Texts& texts, Settings& settings) {
  for (const std::string& text : texts.dnsperf_options) {
    const std::string_view option = text;
    if (option.starts_with("suppress=")) continue;
    constexpr std::string_view kQueries = "num-queries-per-conn=";
    const auto number =
        option.starts_with(kQueries) ? parse_number(option.substr(kQueries.size())) : std::nullopt;
    if (!number || *number < 1 || *number > 1e15) {
      return "-O " + text + ": wanted num-queries-per-conn=N";
    }
    settings.queries_per_connection = static_cast<uint64_t>(*number);
  }
  return "";
}

std::string problem_with(const Settings& settings) {
  constexpr uint32_t kPerClientMax = 32'768;
  if (settings.outstanding_max / settings.clients > kPerClientMax) {
    return "--outstanding: more than 32768 per client; use more --clients";
  }
  if (settings.threads > settings.clients) return "--threads: more than --clients";
  const bool tls = settings.transport == clients::Transport::Tls;
  if (!tls && !(settings.tls_name.empty() && settings.ca_file.empty())) {
    return "--tls-name and --ca-file need -m dot";
  }
  if (!settings.ca_file.empty() && settings.tls_name.empty()) return "--ca-file needs --tls-name";
  if (settings.search.wanted && settings.servers.size() > 1) return "either --search or --versus";
  return "";
}

}  // namespace

std::string read_texts(const Texts& texts, Settings& settings) {
  if (texts.buffer_kilobytes > 0) settings.socket_buffer_bytes = texts.buffer_kilobytes * 1024;
  std::string problem = read_servers(texts, settings);
  if (problem.empty()) problem = read_sources(texts, settings);
  if (problem.empty()) problem = read_dnsperf_options(texts, settings);
  if (problem.empty()) problem = read_schedule(texts, settings);
  if (problem.empty()) problem = read_questions(texts, settings);
  return problem.empty() ? problem_with(settings) : problem;
}

}  // namespace dotring::flood
