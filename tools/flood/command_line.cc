#include "tools/flood/command_line.h"

#include <CLI/CLI.hpp>

#include "tools/common/program.h"
#include "tools/common/version.h"
#include "tools/flood/texts.h"

namespace dotring::flood {
namespace {

constexpr double kSecondsMax = 1e6;

const std::map<std::string, clients::Transport> kModes = {{"udp", clients::Transport::Udp},
                                                          {"tcp", clients::Transport::Tcp},
                                                          {"dot", clients::Transport::Tls},
                                                          {"tls", clients::Transport::Tls}};
const std::map<std::string, Family> kFamilies = {
    {"any", Family::Any}, {"inet", Family::Ipv4}, {"inet6", Family::Ipv6}};
const std::map<std::string, Order> kOrders = {{"random", Order::Random},
                                              {"sequential", Order::Sequential}};

void add_server_options(CLI::App& app, Settings& settings, Texts& texts) {
  app.add_option("-s,--server", texts.server, "address or name of the server");
  app.add_option("-p,--port", texts.port, "its port (53, dot: 853)");
  app.add_option("-f,--family", texts.family, "of the addresses of a name: inet, inet6 or any")
      ->transform(CLI::Transformer(kFamilies))
      ->default_str("any");
  app.add_option("-m,--mode", settings.transport, "udp, tcp or dot")
      ->transform(CLI::Transformer(kModes))
      ->default_str("udp");
  app.add_option("--versus", texts.versus, "a second server that is asked the same meanwhile")
      ->type_name("ADDRESS[:PORT]");
  app.add_option("-c,--clients", settings.clients, "clients, each with a socket of its own")
      ->check(CLI::Range(1, 200'000));
  app.add_option("-T,--threads", settings.threads, "threads that share the clients")
      ->check(CLI::Range(1, 256));
  app.add_option("-a,--source-net", texts.source,
                 "where clients ask from: an address, or a network of which each has its own")
      ->type_name("ADDRESS[/BITS]");
  app.add_option("-x,--source-port", settings.source_port, "UDP: the first client's, and up");
  app.add_option("-b,--buffer", texts.buffer_kilobytes, "socket buffers, kilobytes")
      ->check(CLI::Range(1, 1'000'000));
  app.add_flag("--echo", settings.accept_queries, "the other side echoes datagrams");
}

void add_rate_options(CLI::App& app, Settings& settings, Texts& texts) {
  app.add_option("-q,--outstanding", settings.outstanding_max,
                 "queries in flight over all clients (100; open loop: what the rate needs)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("-Q,--rate", settings.rate_per_s,
                 "open loop: queries per second, sent when due whatever the answers do")
      ->check(CLI::Range(0.001, 1e8));
  app.add_option("--ramp", texts.ramp, "open loop: the rate changes evenly over the duration")
      ->type_name("FROM:TO");
  app.add_option("--steps", texts.steps, "open loop: one rate after the other")
      ->type_name("RATE[:SECONDS],...");
  app.add_option("-l,--duration", texts.duration_s, "seconds (10; a file: until its end)")
      ->check(CLI::Range(0.001, kSecondsMax));
  app.add_option("-n,--runs", texts.runs, "how often a file is asked from first to last")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40));
  app.add_option("--count", settings.count_max, "end after so many queries");
  app.add_option("-t,--timeout", texts.timeout_s, "seconds until a query is lost")
      ->check(CLI::Range(0.001, 600.0));
  app.add_flag("--spin", settings.spin, "never sleep: exact pacing where the core is ours");
}

void add_search_options(CLI::App& app, Settings& settings, Texts& texts) {
  app.add_flag("--search", settings.search.wanted,
               "find the highest rate, from --rate on, that the server keeps up with");
  app.add_option("--search-loss", texts.search_loss, "per cent of queries that may be lost")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--search-p99", texts.search_p99_ms, "milliseconds that 1 % may be above")
      ->check(CLI::Range(0.001, 600'000.0));
  app.add_option("--search-max", settings.search.rate_max, "queries per second, at most")
      ->check(CLI::Range(1.0, 1e8));
}

void add_connection_options(CLI::App& app, Settings& settings, Texts& texts) {
  app.add_option("--queries-per-connection", settings.queries_per_connection,
                 "then a client makes a new connection");
  app.add_option("-O,--dnsperf-option", texts.dnsperf_options, "the same, as dnsperf has it")
      ->type_name("num-queries-per-conn=N")
      ->allow_extra_args(false);
  app.add_option("--idle-timeout", settings.idle_timeout_ms,
                 "milliseconds after which a connection without queries is closed");
  app.add_option("--connections-per-second", settings.connections_per_s,
                 "begun over all clients; 0: as fast as possible")
      ->check(CLI::Range(0.0, 1e7));
  app.add_flag("!--no-resume", settings.resume, "full TLS handshakes only");
  app.add_option(
      "--tls-name", settings.tls_name,
      "the name that the server's certificate must have, sent as SNI; without it nothing "
      "is verified");
  app.add_option("--ca-file", settings.ca_file, "PEM file to verify with (the system's)");
  app.add_flag("!--insecure", settings.verify, "send --tls-name, verify nothing");
}

void add_question_options(CLI::App& app, Settings& settings, Texts& texts) {
  NumberedNames::Options& numbered = settings.questions.numbered;
  app.add_option("-d,--datafile", texts.file, "questions: lines of name and type (- : stdin)");
  app.add_flag("-B,--binary", texts.binary, "--datafile holds messages as on a TCP stream");
  app.add_option("--pcap", texts.capture_file, "the queries of a capture");
  app.add_option("--name-list", texts.names_file, "names by popularity, one on each line");
  app.add_option("--names", numbered.names, "different names to ask for; 0: no name twice")
      ->check(CLI::Range(uint64_t{0}, NumberedNames::kNameMax));
  app.add_option("--first-name", numbered.first_name, "number of the first name")
      ->check(CLI::Range(uint64_t{0}, NumberedNames::kNameMax));
  app.add_option("--suffix", numbered.suffix, "the domain that all names are in");
  app.add_option("--order", numbered.order, "random or sequential")
      ->transform(CLI::Transformer(kOrders))
      ->default_str("random");
  app.add_option("--zipf", numbered.zipf, "exponent of the names' popularity; 0: all alike")
      ->check(CLI::Range(0.0, 10.0));
  app.add_option("--unseen", numbered.unseen, "share of names never asked for before (0 to 1)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--type", texts.types, "query types, drawn by weight (A)")
      ->type_name("TYPE[:WEIGHT],...");
  app.add_option("--seed", settings.seed, "the same seed asks the same");
}

void add_message_options(CLI::App& app, Settings& settings, Texts& texts) {
  QueryForm& form = settings.questions.numbered.form;
  app.add_flag("-e,--edns", texts.edns, "send EDNS");
  app.add_option("--edns-size", texts.edns_size, "UDP size to announce (1232)")
      ->check(CLI::Range(512, 65535));
  app.add_option("-E,--edns-option", texts.options, "an EDNS option; may be repeated")
      ->type_name("CODE:HEX")
      ->allow_extra_args(false);
  app.add_flag("-D,--dnssec-ok", form.dnssec_ok, "set DO");
  app.add_flag("--cookie", form.cookie, "send a client cookie, each client its own");
  app.add_flag("!--no-recursion", form.recursion_desired, "clear RD");
  app.add_flag("--checking-disabled", form.checking_disabled, "set CD");
}

void add_output_options(CLI::App& app, Settings& settings, Texts& texts) {
  app.add_option("-S,--interval", texts.interval_s, "print the rate every so many seconds")
      ->check(CLI::Range(0.05, 3600.0));
  app.add_option("--json", settings.json, "dns-metrics, to standard output or a file")
      ->expected(0, 1)
      ->default_str("-")
      ->type_name("[FILE]");
  app.add_option("--plot", settings.plot, "draw latency by percentile and rates over time")
      ->type_name("FILE.svg|FILE.html");
}

}  // namespace

std::optional<Settings> parse_command_line(int count, const char* const* arguments, int& status) {
  Settings settings;
  Texts texts;
  CLI::App app("Load tests for DNS servers: " + version_line("dotring-flood"), "dotring-flood");
  app.set_version_flag("--version", version_line("dotring-flood"));
  add_server_options(app, settings, texts);
  add_rate_options(app, settings, texts);
  add_search_options(app, settings, texts);
  add_connection_options(app, settings, texts);
  add_question_options(app, settings, texts);
  add_message_options(app, settings, texts);
  add_output_options(app, settings, texts);
  const auto read = [&] {
    if (app.count("--json") > 0 && settings.json.value_or("").empty()) settings.json = "-";
    settings.arguments.assign(arguments + 1, arguments + count);
    return read_texts(texts, settings);
  };
  if (!parse_arguments(app, count, arguments, status, read)) return std::nullopt;
  return settings;
}

}  // namespace dotring::flood
