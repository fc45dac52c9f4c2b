#include "tools/responder/command_line.h"

#include <CLI/CLI.hpp>

#include "tools/common/program.h"
#include "tools/common/version.h"
#include "tools/responder/parse.h"

namespace dotring::responder {
namespace {

constexpr std::string_view kPlainDefault = "127.0.0.1:5301";

/// Options as they are written, before they are looked at.
struct Texts {
  std::vector<std::string> udp, tcp, plain, tls;
  std::string base;
  std::string tls_fault;
  std::string keepalive;
  std::string idle_timeout = "10s";
  std::string drain = "1s";
};

void add_addresses(CLI::App& app, Texts& texts) {
  const auto add = [&](const char* name, std::vector<std::string>& list, const char* help) {
    app.add_option(name, list, help)->delimiter(',')->type_name("ADDRESS:PORT,...");
  };
  add("--plain", texts.plain,
      "UDP and TCP on the same port (127.0.0.1:5301 if nothing else is asked for)");
  add("--udp", texts.udp, "UDP; port 0: a free one, see the line that tells of it");
  add("--tcp", texts.tcp, "TCP");
  add("--tls", texts.tls, "DNS over TLS; needs a certificate");
}

void add_identity(CLI::App& app, IdentityChoice& identity, Texts& texts) {
  app.add_option("--cert", identity.certificate_file,
                 "PEM file with the certificate and its chain");
  app.add_option("--key", identity.key_file, "PEM file with its key");
  app.add_option("--make-cert", identity.make_names,
                 "makes a certificate for these names and addresses")
      ->delimiter(',');
  app.add_option("--write-ca", identity.write_ca_file,
                 "where what signed it goes, for clients to trust");
  app.add_flag("--expired", identity.expired, "the certificate made ended yesterday");
  app.add_flag("--self-signed", identity.self_signed, "it is signed by itself");
  app.add_flag("--tls12", identity.tls12_only, "TLS 1.2 only");
  app.add_flag("--tls13", identity.tls13_only, "TLS 1.3 only");
  app.add_flag("!--no-tickets", identity.tickets, "sessions cannot be resumed");
  app.add_option("--tls-fault", texts.tls_fault,
                 "instead of a handshake: silent (accepts, says nothing), garbage, or close")
      ->check(CLI::IsMember({"silent", "garbage", "close"}));
}

void add_behaviour(CLI::App& app, CommandLine& line, Texts& texts) {
  app.add_option("--default", texts.base,
                 "what names without a rule get, and every rule starts from")
      ->type_name("BEHAVIOUR,...");
  app.add_option("--rule", line.rules,
                 "how names like PATTERN are treated; the first that matches counts")
      ->allow_extra_args(false)
      ->type_name("PATTERN:BEHAVIOUR,...");
  app.add_option("--rules-file", line.rules_file,
                 "more rules, one a line, # for remarks; read again after SIGHUP")
      ->type_name("FILE");
  app.add_option("--seed", line.seed, "the same seed draws the same losses and latencies");
}

void add_limits(CLI::App& app, CommandLine& line, Texts& texts) {
  app.add_option("--workers", line.workers, "threads, each with sockets of its own")
      ->check(CLI::Range(1, 256));
  app.add_option("--udp-size-max", line.worker.answerer.udp_size_max,
                 "octets of an answer over UDP")
      ->check(CLI::Range(512, 4096));
  app.add_option("--connections-max", line.worker.sessions.connections_max, "per worker")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--delayed-max", line.worker.answerer.delayed_max,
                 "queries that wait at a time, per worker; above, they are answered at once")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--idle-timeout", texts.idle_timeout, "of connections");
  app.add_option("--keepalive", texts.keepalive,
                 "the timeout told to clients that ask for it (RFC 7828)");
  app.add_option("--drain", texts.drain, "for what is in flight when it is to end");
  app.add_flag("--log-queries", line.worker.answerer.log_queries,
               "one JSON line per query on standard output");
}

std::string footer() {
  return "Behaviours:\n" + behaviour_help() +
         "\nPatterns are names in lower case without the final dot; * stands for any run of "
         "octets:\n"
         "  --rule 'slow*:latency=500ms' --rule '*.lost.example:loss=50%' --rule "
         "'servfail*:rcode=servfail'\n"
         "\nIt prints 'ready: listening udp=ADDRESS:PORT tcp=... tls=...' when it is. SIGUSR1 "
         "prints what it has\n"
         "counted as a line of JSON, and so does its end (SIGTERM, SIGINT). SIGHUP reads "
         "--rules-file again.\n"
         "Exit status: 0 ended as asked, 1 could not start, 2 the arguments are wrong.";
}

// ---------------------------------------------------------------------------------------------------------
// What the texts mean. Not empty: what is wrong.

std::string read_addresses(const char* option, const std::vector<std::string>& texts,
                           std::vector<Endpoint>& addresses) {
  for (const std::string& text : texts) {
    const auto address = Endpoint::parse(text);
    if (!address) return std::string(option) + " " + text + ": wanted ADDRESS:PORT";
    addresses.push_back(*address);
  }
  return "";
}

std::string read_all_addresses(const Texts& texts, CommandLine& line) {
  std::string problem = read_addresses("--plain", texts.plain, line.plain);
  if (problem.empty()) problem = read_addresses("--udp", texts.udp, line.addresses.udp);
  if (problem.empty()) problem = read_addresses("--tcp", texts.tcp, line.addresses.tcp);
  if (problem.empty()) problem = read_addresses("--tls", texts.tls, line.addresses.tls);
  const bool none = line.plain.empty() && line.addresses.udp.empty() &&
                    line.addresses.tcp.empty() && line.addresses.tls.empty();
  if (problem.empty() && none) line.plain.push_back(*Endpoint::parse(kPlainDefault));
  return problem;
}

std::string read_duration(const char* option, const std::string& text, uint64_t& duration_ms) {
  const auto duration_us = parse_duration_us(text);
  if (!duration_us)
    return std::string(option) + " " + text + ": wanted a duration such as 500ms or 10s";
  duration_ms = *duration_us / 1000;
  return "";
}

std::string read_durations(const Texts& texts, CommandLine& line) {
  std::string problem =
      read_duration("--idle-timeout", texts.idle_timeout, line.worker.tcp.session.idle_timeout_ms);
  if (problem.empty()) problem = read_duration("--drain", texts.drain, line.worker.drain_ms);
  if (problem.empty() && !texts.keepalive.empty()) {
    uint64_t keepalive_ms = 0;
    problem = read_duration("--keepalive", texts.keepalive, keepalive_ms);
    if (keepalive_ms > 6'553'500) return "--keepalive " + texts.keepalive + ": at most 6553.5s";
    line.worker.answerer.keepalive_100ms = static_cast<uint16_t>(keepalive_ms / 100);
  }
  return problem;
}

std::string problem_with_identity(const CommandLine& line) {
  const IdentityChoice& identity = line.identity;
  if (identity.certificate_file.empty() != identity.key_file.empty()) {
    return "--cert and --key belong together";
  }
  if (identity.made() && !identity.certificate_file.empty()) return "either --cert or --make-cert";
  if (!line.addresses.tls.empty() && !identity.given()) {
    return "--tls needs a certificate: --cert and --key, or --make-cert";
  }
  if (identity.tls12_only && identity.tls13_only) return "either --tls12 or --tls13";
  return "";
}

TlsFault tls_fault(const std::string& text) {
  if (text == "silent") return TlsFault::Silent;
  if (text == "garbage") return TlsFault::Garbage;
  return text == "close" ? TlsFault::Close : TlsFault::None;
}

// All clients of a test come from one address, and a server to be measured must not be what limits.
void set_limits(Worker::Options& worker) {
  worker.sessions.client_connections_max = worker.sessions.connections_max;
  worker.tcp.session.queries_in_flight_max = 16384;
  worker.tcp.session.lifetime_max_ms = 0;
  worker.streams.tcp.send_queue_max = 4 << 20;
  worker.tcp.session.output_pause_bytes = worker.streams.tcp.send_queue_max / 2;
}

std::string read_texts(const Texts& texts, CommandLine& line) {
  set_limits(line.worker);
  line.worker.streams.fault = tls_fault(texts.tls_fault);
  std::string problem = read_all_addresses(texts, line);
  if (problem.empty()) problem = read_durations(texts, line);
  if (problem.empty()) problem = problem_with_identity(line);
  if (problem.empty() && !texts.base.empty()) {
    if (auto failure = parse_behaviour(texts.base, line.base)) problem = "--default: " + *failure;
  }
  return problem;
}

}  // namespace

std::optional<std::string> load_rules(const CommandLine& line,
                                      std::shared_ptr<const Rules>& rules) {
  auto loaded = std::make_shared<Rules>(line.base);
  for (const std::string& rule : line.rules) {
    if (auto failure = loaded->add(rule)) return failure;
  }
  if (!line.rules_file.empty()) {
    if (auto failure = loaded->add_file(line.rules_file)) return failure;
  }
  rules = std::move(loaded);
  return std::nullopt;
}

std::optional<CommandLine> parse_command_line(int count, const char* const* arguments,
                                              int& status) {
  CommandLine line;
  Texts texts;
  CLI::App app("A synthetic DNS server: answers any name. " + version_line("dotring-responder"),
               "dotring-responder");
  app.set_version_flag("--version", version_line("dotring-responder"));
  app.option_defaults()->always_capture_default();
  app.footer(footer());
  add_addresses(app, texts);
  add_identity(app, line.identity, texts);
  add_behaviour(app, line, texts);
  add_limits(app, line, texts);
  const auto read = [&] { return read_texts(texts, line); };
  if (!parse_arguments(app, count, arguments, status, read)) return std::nullopt;
  return line;
}

}  // namespace dotring::responder
