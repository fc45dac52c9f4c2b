// A strict reader of Prometheus' text format for tests: whatever is not of the format fails the
// test.
//
// It checks what scrapers rely on: HELP and TYPE before the first sample and once, samples of a
// family together, names and labels of the allowed characters, no sample twice, cumulative
// histograms that end with +Inf = count.

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace dotring::appliance {

class PrometheusText {
 public:
  using Labels = std::map<std::string, std::string>;

  explicit PrometheusText(const std::string& text) {
    EXPECT_TRUE(text.empty() || text.ends_with('\n'));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) take(line);
    check_histograms();
  }

  std::string type(const std::string& family) const {
    const auto found = types_.find(family);
    return found == types_.end() ? "none" : found->second;
  }
  /// NaN (and a failure) when there is no such sample.
  double value(const std::string& name, const Labels& labels = {}) const {
    const auto found = samples_.find({name, labels});
    if (found != samples_.end()) return found->second;
    ADD_FAILURE() << "no sample " << name;
    return std::numeric_limits<double>::quiet_NaN();
  }
  const std::map<std::string, std::string>& types() const { return types_; }

 private:
  using Sample = std::pair<std::string, Labels>;

  static bool is_name(const std::string& name) {
    return !name.empty() &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  }

  void take(const std::string& line) {
    std::istringstream words(line);
    std::string hash, keyword, name, rest;
    if (!line.starts_with('#')) return take_sample(line);
    words >> hash >> keyword >> name >> rest;
    EXPECT_TRUE(is_name(name)) << line;
    EXPECT_FALSE(rest.empty()) << line;
    if (keyword == "HELP") {
      EXPECT_TRUE(helped_.insert(name).second) << "HELP twice: " << name;
    } else {
      EXPECT_EQ(keyword, "TYPE") << line;
      EXPECT_TRUE(helped_.contains(name)) << "TYPE without HELP: " << name;
      EXPECT_TRUE(types_.emplace(name, rest).second) << "TYPE twice: " << name;
      family_ = name;
    }
  }

  void take_sample(const std::string& line) {
    const size_t end = line.find_first_of("{ ");
    ASSERT_NE(end, std::string::npos) << line;
    const std::string name = line.substr(0, end);
    EXPECT_TRUE(is_name(name)) << line;
    EXPECT_TRUE(name.starts_with(family_)) << line << " is not of " << family_;
    size_t at = end;
    const Labels labels = line[end] == '{' ? take_labels(line, at) : Labels();
    ASSERT_LT(at, line.size()) << line;
    EXPECT_EQ(line[at], ' ') << line;
    size_t used = 0;
    const std::string number = line.substr(at + 1);
    const double value = number == "+Inf" ? HUGE_VAL : std::stod(number, &used);
    EXPECT_TRUE(used == number.size() || number == "+Inf") << line;
    EXPECT_TRUE(samples_.emplace(Sample(name, labels), value).second) << "twice: " << line;
  }

  static Labels take_labels(const std::string& line, size_t& at) {
    Labels labels;
    ++at;
    while (at < line.size() && line[at] != '}') {
      const size_t equals = line.find("=\"", at);
      if (equals == std::string::npos) break;
      const std::string name = line.substr(at, equals - at);
      EXPECT_TRUE(is_name(name)) << line;
      at = equals + 2;
      EXPECT_TRUE(labels.emplace(name, take_text(line, at)).second) << line;
      if (at < line.size() && line[at] == ',') ++at;
    }
    EXPECT_TRUE(at < line.size() && line[at] == '}') << line;
    ++at;
    return labels;
  }

  static std::string take_text(const std::string& line, size_t& at) {
    std::string text;
    while (at < line.size() && line[at] != '"') {
      if (line[at] == '\\') ++at;
      text += at > 0 && line[at - 1] == '\\' && line[at] == 'n' ? '\n' : line[at];
      ++at;
    }
    ++at;
    return text;
  }

  void check_histograms() const {
    for (const auto& [family, type] : types_) {
      if (type == "histogram") check_histogram(family);
    }
  }

  void check_histogram(const std::string& family) const {
    std::map<Labels, std::map<double, double>> series;
    for (const auto& [sample, value] : samples_) {
      if (sample.first != family + "_bucket") continue;
      Labels labels = sample.second;
      const std::string bound = labels["le"];
      labels.erase("le");
      series[labels][bound == "+Inf" ? HUGE_VAL : std::stod(bound)] = value;
    }
    for (const auto& [labels, buckets] : series) {
      double before = 0;
      for (const auto& [bound, count] : buckets) {
        EXPECT_GE(count, before) << family << " is not cumulative";
        before = count;
      }
      EXPECT_EQ(buckets.rbegin()->first, HUGE_VAL) << family;
      EXPECT_EQ(before, value(family + "_count", labels)) << family;
    }
  }

  std::string family_;
  std::set<std::string> helped_;
  std::map<std::string, std::string> types_;
  std::map<Sample, double> samples_;
};

}  // namespace dotring::appliance
