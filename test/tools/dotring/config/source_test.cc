#include "tools/dotring/config/source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tools/dotring/config/command_line.h"
#include "tools/dotring/config/print.h"

namespace dotring::appliance {
namespace {

Configuration applied(const std::vector<Settings>& sources) {
  Configuration configuration;
  for (const Settings& source : sources) {
    const auto* settings = std::get_if<std::vector<Setting>>(&source);
    EXPECT_TRUE(settings) << std::get<ConfigError>(source).to_line();
    if (!settings) continue;
    const std::optional<ConfigError> error = apply_settings(*settings, configuration);
    EXPECT_FALSE(error) << error->to_line();
  }
  return configuration;
}

Settings environment(std::vector<std::string_view> variables) {
  return settings_of_environment(variables);
}

Settings toml(std::string_view text) {
  return settings_of_toml(text, "test.toml");
}

Settings command_line(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "dotring");
  auto line = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  if (const auto* error = std::get_if<ConfigError>(&line)) return *error;
  return std::get<CommandLine>(line).settings;
}

/// The line people see when `source` is refused.
std::string refusal(const Settings& source) {
  if (const auto* error = std::get_if<ConfigError>(&source)) return error->to_line();
  Configuration configuration;
  const auto error = apply_settings(std::get<std::vector<Setting>>(source), configuration);
  return error ? error->to_line() : "accepted";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ConfigSource, CommandLineBeatsEnvironmentBeatsFileBeatsDefault) {
  const Settings file =
      toml("[upstream]\ntimeout_ms = 1000\nconnections = 3\n[log]\nlevel = 'error'");
  const Settings variables =
      environment({"DOTRING_UPSTREAM_TIMEOUT_MS=2000", "DOTRING_UPSTREAM_CONNECTIONS=4"});
  const Settings arguments = command_line({"--upstream.timeout_ms=3000"});
  const Configuration configuration = applied({file, variables, arguments});
  EXPECT_TRUE(contains(print_toml(configuration), "timeout_ms = 3000"));
  EXPECT_TRUE(contains(print_toml(configuration), "connections = 4"));
  EXPECT_EQ(configuration.log.level, LogLevel::Error);
  EXPECT_EQ(configuration.log.format, LogFormat::Json);
}

TEST(ConfigSource, EveryKeyCanBeSetFromEverySource) {
  for (const Key& key : keys()) {
    const std::string value = join_items(key.get(Configuration(), key.limits));
    const std::string variable = environment_name(key) + "=" + value;
    const std::string argument = "--" + std::string(key.name) + "=" + value;
    const std::string name(key.name);
    EXPECT_EQ(refusal(command_line({argument.c_str()})), "accepted") << argument;
    EXPECT_EQ(refusal(environment({variable})), "accepted") << variable;
    EXPECT_EQ(std::get<std::vector<Setting>>(environment({variable})).at(0).name, name);
  }
}

TEST(ConfigSource, ListsAreArraysInFilesAndCommaSeparatedElsewhere) {
  const std::vector<Endpoint> expected = {*Endpoint::parse("192.0.2.1:53"),
                                          *Endpoint::parse("[::1]:53")};
  for (const Settings& source :
       {toml("[listen]\ndns = ['192.0.2.1:53', '[::1]:53']"),
        toml("[listen]\ndns = '192.0.2.1:53, [::1]:53'"),
        environment({"DOTRING_LISTEN_DNS=192.0.2.1:53,[::1]:53"}),
        command_line({"--listen.dns=192.0.2.1:53,[::1]:53"}),
        command_line({"--listen.dns", "192.0.2.1:53", "--listen.dns", "[::1]:53"})}) {
    EXPECT_EQ(applied({source}).listen_dns, expected);
  }
}

TEST(ConfigSource, EmptyValuesClear) {
  EXPECT_FALSE(applied({environment({"DOTRING_ADMIN_LISTEN="})}).admin.listen);
  EXPECT_FALSE(applied({toml("[admin]\nlisten = ''")}).admin.listen);
  EXPECT_FALSE(applied({command_line({"--admin.listen="})}).admin.listen);
  EXPECT_TRUE(applied({toml("[listen]\ndns = []")}).listen_dns.empty());
}

TEST(ConfigSource, RefusalsNameKeyValuePlaceAndRemedy) {
  EXPECT_EQ(
      refusal(toml("\n[upstream]\ntimeout_ms = 5\n")),
      "upstream.timeout_ms = \"5\" (test.toml line 3): out of range; give a whole number from "
      "100 to 60000");
  EXPECT_EQ(refusal(environment({"DOTRING_LOG_LEVEL=loud"})),
            "log.level = \"loud\" (environment DOTRING_LOG_LEVEL): not known; give one of debug, "
            "info, warning, error");
  EXPECT_EQ(refusal(command_line({"--log.names=perhaps"})),
            "log.names = \"perhaps\" (command line): neither true nor false; give one of them");
}

TEST(ConfigSource, UnknownKeysAreRefusedWithTheNearestOne) {
  EXPECT_TRUE(
      contains(refusal(toml("[upstream]\ntimeuot_ms = 5")), "did you mean upstream.timeout_ms?"));
  EXPECT_TRUE(contains(refusal(command_line({"--log.levle=info"})), "did you mean log.level?"));
  EXPECT_TRUE(contains(refusal(command_line({"--servers=tls://192.0.2.1"})),
                       "did you mean upstream.servers?"));
  EXPECT_TRUE(contains(refusal(environment({"DOTRING_UPSTREAM_SERVER=x"})),
                       "did you mean upstream.servers?"));
  EXPECT_TRUE(contains(refusal(toml("[zzzzzzzzzz]\nqqqqqqqqqqqqqqq = 5")), "--print-config"));
  EXPECT_TRUE(contains(refusal(command_line({"something"})), "not an option"));
  EXPECT_TRUE(contains(refusal(command_line({"--log.level"})), "without a value"));
}

TEST(ConfigSource, FilesThatAreNotTomlAreRefusedWithTheLine) {
  EXPECT_TRUE(contains(refusal(toml("[log]\nlevel = \n")), "test.toml line 2"));
  EXPECT_TRUE(contains(refusal(toml("level = 'info'")), "outside a section"));
  EXPECT_TRUE(contains(refusal(toml("[log]\nlevel = 1979-05-27")), "not a value of this kind"));
  EXPECT_TRUE(contains(refusal(toml("[log.level]\nx = 1")), "not a value of this kind"));
  EXPECT_TRUE(contains(refusal(toml("[listen]\ndns = [['a']]")), "no text"));
  EXPECT_TRUE(contains(refusal(toml("[log]\nlevel = ['info', 'error']")), "give one value"));
  EXPECT_TRUE(contains(refusal(settings_of_file("/nowhere/dotring.toml")), "No such file"));
}

TEST(ConfigSource, RefusalsAreOneLineWhateverTheValueHolds) {
  const std::string text = refusal(environment({"DOTRING_LOG_LEVEL=a\nb\r\x1b[0m"}));
  EXPECT_EQ(text.find_first_of("\n\r\x1b"), std::string::npos) << text;
  const std::string huge = "DOTRING_LOG_LEVEL=" + std::string(100'000, 'x');
  EXPECT_LT(refusal(environment({huge})).size(), 1000u);
}

TEST(ConfigSource, VariablesOfOthersArePassedOver) {
  const Settings source = environment(
      {"DOTRING_SERVICE_HOST=10.0.0.1", "DOTRING_SERVICE_PORT=53",
       "DOTRING_SERVICE_PORT_DNS_TCP=53", "DOTRING_PORT=udp://10.0.0.1:53",
       "DOTRING_PORT_53_UDP=udp://10.0.0.1:53", "DOTRING_PORT_53_UDP_PROTO=udp",
       "DOTRING_PORT_53_UDP_PORT=53", "DOTRING_PORT_53_UDP_ADDR=10.0.0.1",
       "DOTRING_CONFIG=/etc/dotring.toml", "DOTRING_BIN_DIR=/x", "PATH=/bin", "DOTRINGS_X=1"});
  ASSERT_TRUE(std::holds_alternative<std::vector<Setting>>(source)) << refusal(source);
  EXPECT_TRUE(std::get<std::vector<Setting>>(source).empty());
}

TEST(ConfigSource, OnTheCommandLineTheLastOneCounts) {
  EXPECT_EQ(applied({command_line({"--log.level=error", "--log.level=debug"})}).log.level,
            LogLevel::Debug);
}

TEST(ConfigPrint, WhatIsPrintedIsReadBackAsTheSame) {
  Configuration configuration =
      applied({command_line({"--listen.dns=[::1]:5353",
                             "--upstream.servers=tls://192.0.2.1#a.example,tls://[2001:db8::1]:99",
                             "--cache.memory=1500KiB", "--admin.listen=", "--log.names=true",
                             "--upstream.ca_file=/a \"b\"\\c.pem"})});
  const std::string printed = print_toml(configuration);
  EXPECT_EQ(print_toml(applied({toml(printed)})), printed);
  EXPECT_NE(printed, print_toml(Configuration()));
  EXPECT_EQ(applied({toml(printed)}).upstream_servers, configuration.upstream_servers);
  EXPECT_EQ(applied({toml(printed)}).tls.ca_file, "/a \"b\"\\c.pem");
}

TEST(ConfigPrint, TheReferenceHasALinePerKey) {
  const std::string reference = print_reference({});
  for (const Key& key : keys()) {
    EXPECT_TRUE(contains(reference, "| `" + std::string(key.name) + "` | ")) << key.name;
    EXPECT_FALSE(key.meaning.empty());
    EXPECT_FALSE(key.meaning.ends_with('.')) << key.name;
    EXPECT_EQ(key.meaning.find('\n'), std::string_view::npos);
  }
}

TEST(ConfigPrint, TheReferenceHasTheLimitsWithoutKeysToo) {
  const std::vector<FixedBound> bounds = {{"a|b", "4KiB", "for | all"}};
  const std::string reference = print_reference(bounds);
  EXPECT_TRUE(contains(reference, "### fixed bounds"));
  EXPECT_TRUE(contains(reference, "| a\\|b | 4KiB | for \\| all |"));
}

TEST(ConfigKeys, DefaultsAreWithinTheirLimitsAndNamesAreUnique) {
  for (const Key& key : keys()) {
    Configuration configuration;
    const std::vector<std::string> items = key.get(configuration, key.limits);
    EXPECT_FALSE(key.set(configuration, key.limits, items)) << key.name;
    EXPECT_EQ(find_key(key.name), &key);
  }
}

/// Sets `key` to something else than its default, of whatever type it is; false when nothing fits.
bool change(const Key& key, Configuration& configuration) {
  const std::vector<std::string> before = key.get(configuration, key.limits);
  const Key& any_list = *find_key("listen.dns");
  std::vector<std::string> values = split_items(any_list, key.describe(key.limits));
  for (const uint64_t number : {key.limits.min, key.limits.max}) {
    values.push_back(std::to_string(number));
  }
  for (const char* value :
       {"false", "true", "192.0.2.1:5353", "192.0.2.0/24", "192.0.2.1:53 10.0.0.0/8",
        "tls://192.0.2.1#dns.example", "redis://192.0.2.1", "/a/file"}) {
    values.emplace_back(value);
  }
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    return !key.set(configuration, key.limits, std::span(&value, 1)) &&
           key.get(configuration, key.limits) != before;
  });
}

TEST(ConfigKeys, EachChangesItsOwnValueAndNoOther) {
  const Configuration defaults;
  for (const Key& key : keys()) {
    Configuration configuration;
    EXPECT_TRUE(change(key, configuration)) << key.name;
    for (const Key& other : keys()) {
      if (&other == &key) continue;
      EXPECT_EQ(other.get(configuration, other.limits), other.get(defaults, other.limits))
          << key.name << " changes " << other.name;
    }
  }
}

TEST(ConfigKeys, WhatDiffersIsFoundAlsoWhereItIsNotShown) {
  const Configuration one = applied({command_line({"--redis.url=redis://:old@127.0.0.1"})});
  Configuration other = applied({command_line({"--redis.url=redis://:new@127.0.0.1"})});
  EXPECT_TRUE(changed_keys(one, one).empty());
  ASSERT_EQ(changed_keys(one, other).size(), 1u);
  EXPECT_EQ(changed_keys(one, other)[0]->name, "redis.url");
  other.workers = 7;
  EXPECT_EQ(changed_keys(one, other).size(), 2u);
}

TEST(ConfigKeys, WhatIsTakenAtTheStartNeedsARestart) {
  for (const char* name : {"engine.workers", "cache.memory", "listen.dns"}) {
    EXPECT_FALSE(find_key(name)->live) << name;
  }
  for (const char* name : {"access.allow", "upstream.servers", "redis.url", "cache.ttl_max"}) {
    EXPECT_TRUE(find_key(name)->live) << name;
  }
}

TEST(ConfigCheck, ContradictionsAreRefusedWithTheirKey) {
  Configuration configuration;
  EXPECT_FALSE(check(configuration));
  configuration.tls.ca_file = "/nowhere/ca.pem";
  EXPECT_EQ(check(configuration)->key, "upstream.ca_file");
  EXPECT_TRUE(contains(check(configuration)->problem, "No such file"));
  configuration.upstream_servers.clear();
  EXPECT_EQ(check(configuration)->key, "upstream.servers");
  configuration.listen_dns.push_back(configuration.listen_dns.front());
  EXPECT_EQ(check(configuration)->key, "listen.dns");
  configuration.listen_dns.clear();
  EXPECT_EQ(check(configuration)->key, "listen.dns");
}

TEST(ConfigCheck, TtlsAreInOrder) {
  Configuration configuration;
  configuration.cache.ttl.ttl_min_s = configuration.cache.ttl.ttl_max_s + 1;
  EXPECT_EQ(check(configuration)->key, "cache.ttl_min");
}

TEST(ConfigCheck, ServersWithoutNameAreVerifiedByAddressUnlessTheyHavePins) {
  const std::string pin(43, 'A');
  const Configuration configuration =
      applied({command_line({("--upstream.servers=tls://192.0.2.1,tls://192.0.2.2#b.example,tls://"
                              "192.0.2.3?weight=7&pin=" +
                              pin + "=")
                                 .c_str()})});
  const upstream::Options options = upstream_options(configuration);
  ASSERT_EQ(options.servers.size(), 3u);
  EXPECT_EQ(options.servers[0].trust.authentication_name, "192.0.2.1");
  EXPECT_EQ(options.servers[1].trust.authentication_name, "b.example");
  EXPECT_EQ(options.servers[2].trust.authentication_name, "");
  EXPECT_EQ(options.servers[2].trust.pins.size(), 1u);
  EXPECT_EQ(options.servers[2].weight, 7u);
  for (const auto& server : options.servers) EXPECT_FALSE(server.trust.opportunistic);
}

TEST(ConfigCheck, OpportunisticIsOnlyWhatSomebodyAskedFor) {
  const Configuration configuration =
      applied({toml("[upstream]\nauthentication = 'opportunistic'")});
  for (const auto& server : upstream_options(configuration).servers)
    EXPECT_TRUE(server.trust.opportunistic);
}

}  // namespace
}  // namespace dotring::appliance
