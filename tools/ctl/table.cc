#include "tools/ctl/table.h"

#include <algorithm>

#include "tools/ctl/quantities.h"

namespace dotring::ctl {
namespace {

using control::Json;
using Side = Table::Side;

std::string upper(std::string text) {
  for (char& letter : text) letter = static_cast<char>(letter - 'a' + 'A');
  return text;
}

/// "name       value".
std::string fact(std::string name, const std::string& value) {
  constexpr size_t kNameWidth = 11;
  name.resize(std::max(name.size() + 1, kNameWidth), ' ');
  return name + value + "\n";
}

std::string health_text(const Json& health) {
  std::string why;
  for (const Json& reason : member(health, "reasons")) {
    why += (why.empty() ? ": " : "; ") + text_of(reason);
  }
  return text_of(member(health, "state")) + why;
}

std::string queries_text(const Json& queries) {
  const auto count = [&](const char* name) { return count_of(member(queries, name)); };
  return count("total") + " (" + rate_of(member(queries, "mean_per_second")) + " per second, " +
         share_of(member(queries, "hit_rate")) + " from the cache), " + count("waiting") +
         " waiting, " + count("failed") + " failed, " + count("rejected") + " rejected, " +
         count("shed") + " shed, " + count("dropped") + " dropped";
}

std::string cache_text(const Json& cache) {
  return count_of(member(cache, "entries")) + " entries, " + size_of(member(cache, "bytes")) +
         " of " + size_of(member(cache, "bytes_max"));
}

std::string redis_text(const Json& redis) {
  if (redis.is_null()) return "none";
  if (member(redis, "asked") != Json(true)) return "not asked: " + text_of(member(redis, "cause"));
  return count_of(member(redis, "lookups")) + " look-ups, " + share_of(member(redis, "hit_rate")) +
         " found, usually after " + latency_of(member(redis, "round_trip_p50_us"));
}

/// "2 of 3 up; 192.0.2.1:853#dns.example is failing".
std::string upstreams_text(const Json& servers) {
  size_t up = 0;
  std::string others;
  for (const Json& server : servers) {
    const std::string state = text_of(member(server, "state"));
    if (state == "up") {
      ++up;
    } else {
      others += "; " + text_of(member(server, "server")) + " is " + state;
    }
  }
  return std::to_string(up) + " of " + std::to_string(servers.size()) + " up" + others;
}

std::string status_text(const Json& result) {
  const Json& of = result;
  return fact("dotring", text_of(member(of, "version")) + ", process " +
                             number_of(member(of, "process")) + ", " +
                             count_of(member(of, "workers")) + " workers, log level " +
                             text_of(member(of, "log_level"))) +
         fact("state", health_text(member(of, "health"))) +
         fact("up", duration_of(member(of, "uptime_s"))) +
         fact("queries", queries_text(member(of, "queries"))) +
         fact("cache", cache_text(member(of, "cache"))) +
         fact("memory", size_of(member(of, "memory_bytes"))) +
         fact("upstreams", upstreams_text(member(of, "upstreams"))) +
         fact("redis", redis_text(member(of, "redis")));
}

std::string upstreams_table(const Json& servers) {
  Table table({{"SERVER", Side::Left},
               {"STATE", Side::Left},
               {"STREAMS", Side::Right},
               {"IN FLIGHT", Side::Right},
               {"QUERIES", Side::Right},
               {"ANSWERS", Side::Right},
               {"TIMEOUTS", Side::Right},
               {"REFUSALS", Side::Right},
               {"FAILED CONNECTS", Side::Right},
               {"NOW", Side::Right},
               {"P50", Side::Right},
               {"P99", Side::Right}});
  for (const Json& server : servers) {
    std::vector<std::string> cells = {text_of(member(server, "server")),
                                      text_of(member(server, "state"))};
    for (const char* name : {"streams", "in_flight", "queries", "answers", "timeouts", "refusals",
                             "connects_failed"}) {
      cells.push_back(count_of(member(server, name)));
    }
    for (const char* name : {"round_trip_now_us", "round_trip_p50_us", "round_trip_p99_us"}) {
      cells.push_back(latency_of(member(server, name)));
    }
    table.add(std::move(cells));
  }
  return table.text();
}

/// One of the lists, whatever its entries are called.
std::string top_table(const std::string& what, const Json& entries) {
  const bool upstreams = what == "upstreams";
  const std::string name = what.substr(0, what.size() - 1);
  Table table({{"SHARE", Side::Right},
               {upstreams ? "QUERIES" : "PER SECOND", Side::Right},
               {upstreams ? "SERVER" : upper(name), Side::Left}});
  for (const Json& entry : entries) {
    table.add(
        {share_of(member(entry, "share")),
         upstreams ? count_of(member(entry, "queries")) : rate_of(member(entry, "per_second")),
         text_of(member(entry, name.c_str()))});
  }
  return table.text();
}

std::string reload_text(const Json& changed) {
  if (changed.empty()) return "nothing has changed\n";
  std::string keys;
  for (const Json& key : changed) keys += (keys.empty() ? "" : ", ") + text_of(key);
  return "changed: " + keys + "\n";
}

std::string config_table(const Json& keys, bool only_changed) {
  Table table({{"KEY", Side::Left}, {"VALUE", Side::Left}});
  for (const Json& key : keys) {
    if (only_changed && member(key, "default") == Json(true)) continue;
    table.add({text_of(member(key, "key")), text_of(member(key, "value"))});
  }
  return table.text();
}

}  // namespace

std::string Table::row_text(const std::vector<std::string>& cells,
                            const std::vector<size_t>& widths) const {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string blanks(widths[i] - cells[i].size(), ' ');
    const bool right = columns_[i].side == Side::Right;
    text += (i == 0 ? "" : "  ") + (right ? blanks + cells[i] : cells[i] + blanks);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string Table::text() const {
  std::vector<std::string> titles;
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    size_t width = columns_[i].title.size();
    for (const auto& row : rows_) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  std::string text = row_text(titles, widths);
  for (const auto& row : rows_) text += row_text(row, widths);
  return text;
}

std::string render(const CommandLine& line, const Json& result) {
  const std::string& verb = line.request.verb;
  if (verb == "status") return status_text(result);
  if (verb == "upstreams") return upstreams_table(member(result, "upstreams"));
  if (verb == "top") {
    return top_table(text_of(member(line.request.arguments, "what")), member(result, "entries"));
  }
  if (verb == "config") return config_table(member(result, "keys"), line.changed);
  if (verb == "flush") return count_of(member(result, "removed")) + " entries removed\n";
  if (verb == "log-level") {
    return "log level " + text_of(member(result, "level")) + ", before " +
           text_of(member(result, "before")) + "\n";
  }
  if (verb == "reload") return reload_text(member(result, "changed"));
  return "dotring takes no more queries, and ends when it has answered those in flight, in " +
         count_of(member(result, "limit_ms")) + " ms at the latest\n";
}

}  // namespace dotring::ctl
