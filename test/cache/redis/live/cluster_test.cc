// A real cluster of six nodes: keys at their nodes, slots that move, a master that dies.

#include <algorithm>
#include <deque>
#include <map>
#include <sstream>

#include "cache/redis/slot.h"
#include "test/cache/redis/live/redis_fixture.h"

namespace dotring::cache::redis {
namespace {

constexpr size_t kNodes = 6;

/// Built once: it takes seconds.
struct SixNodes {
  std::deque<RedisProcess> nodes;
  std::string failure;

  SixNodes() {
    std::vector<std::string> words = {"redis-cli", "--cluster", "create"};
    for (size_t i = 0; i < kNodes; ++i) {
      nodes.emplace_back(std::vector<std::string>{
          "cluster-enabled yes", "cluster-port " + std::to_string(free_port()),
          "cluster-node-timeout 2000", "cluster-replica-validity-factor 0",
          "repl-diskless-sync-delay 0"});
      if (!nodes.back().start()) failure = nodes.back().log();
      words.push_back(nodes.back().address());
    }
    words.insert(words.end(), {"--cluster-replicas", "1", "--cluster-yes"});
    if (!failure.empty()) return;
    const std::string output = output_of(words);
    if (output.find("All 16384 slots covered") == std::string::npos) failure = output;
  }

  /// The words of each line of CLUSTER NODES, as `asked` says it: id, address, flags...
  std::vector<std::vector<std::string>> lines(const RedisProcess& asked) const {
    std::vector<std::vector<std::string>> result;
    std::istringstream lines(asked.cli({"CLUSTER", "NODES"}));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      auto& last = result.emplace_back();
      for (std::string word; words >> word;) last.push_back(word);
    }
    return result;
  }
  std::string id_of(const RedisProcess& node) const { return node.cli({"CLUSTER", "MYID"}); }
  bool is_master(const RedisProcess& node) const {
    return node.cli({"ROLE"}).starts_with("master");
  }
  bool all_nodes_serve() const {
    return std::all_of(nodes.begin(), nodes.end(), [](const RedisProcess& node) {
      return node.cli({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
    });
  }
  /// The master that answers for `slot` by itself.
  RedisProcess* owner_of(uint16_t slot) {
    for (RedisProcess& node : nodes) {
      if (!is_master(node)) continue;
      for (const auto& words : lines(node)) {
        const bool self = words.size() > 8 && words[2].find("myself") != std::string::npos;
        if (self && holds(words, slot)) return &node;
      }
    }
    return nullptr;
  }
  RedisProcess* another_master(const RedisProcess& than) {
    for (RedisProcess& node : nodes) {
      if (&node != &than && is_master(node)) return &node;
    }
    return nullptr;
  }

 private:
  static bool holds(const std::vector<std::string>& words, uint16_t slot) {
    for (size_t i = 8; i < words.size(); ++i) {
      if (words[i].starts_with("[")) continue;
      const size_t dash = words[i].find('-');
      const int first = std::stoi(words[i]);
      const int last = dash == std::string::npos ? first : std::stoi(words[i].substr(dash + 1));
      if (first <= slot && slot <= last) return true;
    }
    return false;
  }
};

class ClusterRedisTest : public RedisTest {
 protected:
  static void TearDownTestSuite() { cluster().reset(); }

  void SetUp() override {
    RedisTest::SetUp();
    if (IsSkipped()) return;
    if (!cluster()) cluster() = std::make_unique<SixNodes>();
    ASSERT_EQ(cluster()->failure, "");
  }

  static std::unique_ptr<SixNodes>& cluster() {
    static std::unique_ptr<SixNodes> six_nodes;
    return six_nodes;
  }

  /// As turn_until(), for what takes a failover.
  bool turn_long_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 4; ++i) {
      if (turn_until(condition)) return true;
    }
    return false;
  }
  void open_cluster() {
    // redis-cli is content when all slots have an owner; nodes answer CLUSTERDOWN for some time
    // more.
    ASSERT_TRUE(turn_long_until([&] { return cluster()->all_nodes_serve(); }));
    make("redis+cluster://" + cluster()->nodes[0].address() + "," + cluster()->nodes[3].address());
    client_->start();
    ASSERT_TRUE(turn_long_until([&] { return all_slots_answer(); }));
  }
  bool all_slots_answer() {
    for (int i = 0; i < 60; ++i) {
      if (ask("probe" + std::to_string(i)) == "(refused)") return false;
    }
    return true;
  }
  uint64_t errors(ErrorKind kind) { return statistics().errors[static_cast<size_t>(kind)].value(); }
};

TEST_F(ClusterRedisTest, EachKeyGoesToItsNode) {
  open_cluster();
  constexpr int kKeys = 200;
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(set("key" + std::to_string(i), "value" + std::to_string(i)));
  }
  const uint64_t writes = statistics().writes.value();
  std::deque<Question> questions(kKeys);
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(get(questions[static_cast<size_t>(i)], "key" + std::to_string(i)));
  }
  EXPECT_LE(statistics().writes.value() - writes, 3u) << "one write per node";
  for (int i = 0; i < kKeys; ++i) {
    const Question& question = questions[static_cast<size_t>(i)];
    ASSERT_TRUE(turn_until([&] { return question.result.has_value(); }));
    EXPECT_EQ(question.value, "value" + std::to_string(i));
  }
  EXPECT_EQ(errors(ErrorKind::Moved), 0u);
  int stored = 0;
  for (const RedisProcess& node : cluster()->nodes) {
    if (cluster()->is_master(node)) stored += std::stoi(node.cli({"DBSIZE"}));
  }
  EXPECT_EQ(stored, kKeys);
}

TEST_F(ClusterRedisTest, AMovedSlotIsFollowedAndLearned) {
  open_cluster();
  const uint16_t slot = slot_of(bytes_of("{moved}"));
  RedisProcess* from = cluster()->owner_of(slot);
  ASSERT_NE(from, nullptr);
  RedisProcess* to = cluster()->another_master(*from);
  const std::string id = cluster()->id_of(*to);
  // The new owner first; it holds a value that only it can know.
  for (RedisProcess* node : {to, from}) {
    ASSERT_EQ(node->cli({"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id}), "OK");
  }
  ASSERT_EQ(to->cli({"SET", "{moved}", "there"}), "OK");
  const uint64_t refreshes = statistics().map_refreshes.value();
  EXPECT_EQ(ask("{moved}"), "there");
  EXPECT_EQ(errors(ErrorKind::Moved), 1u);
  EXPECT_EQ(statistics().asked_again.value(), 1u);
  EXPECT_EQ(statistics().failures.value(), 0u);
  // Learned; but the map may be asked of a node that has not heard of it, and undo that for once.
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask("{moved}"), "there");
  EXPECT_LE(errors(ErrorKind::Moved), 3u);
  EXPECT_TRUE(turn_until([&] { return statistics().map_refreshes.value() > refreshes; }));
}

TEST_F(ClusterRedisTest, AKeyThatIsOnItsWayIsAskedForAtBothEnds) {
  open_cluster();
  const std::string slot = std::to_string(slot_of(bytes_of("{asked}")));
  RedisProcess* from = cluster()->owner_of(slot_of(bytes_of("{asked}")));
  ASSERT_NE(from, nullptr);
  RedisProcess* to = cluster()->another_master(*from);
  ASSERT_EQ(from->cli({"SET", "{asked}stays", "here"}), "OK");
  ASSERT_EQ(from->cli({"SET", "{asked}goes", "there"}), "OK");
  ASSERT_EQ(to->cli({"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster()->id_of(*from)}), "OK");
  ASSERT_EQ(from->cli({"CLUSTER", "SETSLOT", slot, "MIGRATING", cluster()->id_of(*to)}), "OK");
  ASSERT_EQ(
      from->cli({"MIGRATE", "127.0.0.1", std::to_string(to->port()), "{asked}goes", "0", "5000"}),
      "OK");
  EXPECT_EQ(ask("{asked}stays"), "here");
  EXPECT_EQ(errors(ErrorKind::Ask), 0u);
  EXPECT_EQ(ask("{asked}goes"), "there");
  EXPECT_EQ(ask("{asked}goes"), "there");
  EXPECT_EQ(errors(ErrorKind::Ask), 2u) << "for this time only";
  EXPECT_EQ(statistics().asked_again.value(), 2u);
  for (RedisProcess* node : {to, from}) {
    EXPECT_EQ(node->cli({"CLUSTER", "SETSLOT", slot, "STABLE"}), "OK");
  }
}

TEST_F(ClusterRedisTest, AMessageReachesSubscribersOfOtherNodes) {
  Messages messages;
  make("redis+cluster://" + cluster()->nodes[1].address());
  client_->subscribe("channel", messages);
  client_->start();
  ASSERT_TRUE(turn_until([&] { return statistics().subscriptions.value() == 1; }));
  for (RedisProcess& node : cluster()->nodes) {
    node.cli({"PUBLISH", "channel", node.address()});
  }
  ASSERT_TRUE(turn_until([&] { return messages.received.size() == kNodes; }));
  EXPECT_TRUE(turn_until([&] { return redis().publish("channel", bytes_of("ours")); }));
  EXPECT_TRUE(turn_until([&] { return messages.received.size() == kNodes + 1; }));
}

TEST_F(ClusterRedisTest, ADeadMasterIsReplaced) {
  open_cluster();
  RedisProcess* master = cluster()->owner_of(slot_of(bytes_of("key0")));
  ASSERT_NE(master, nullptr);
  // Only what its replica has can be found again.
  ASSERT_TRUE(turn_until([&] {
    return master->cli({"INFO", "replication"}).find("state=online") != std::string::npos;
  }));
  set("key0", "value0");
  ASSERT_EQ(ask("key0"), "value0");
  ASSERT_TRUE(turn_until([&] { return master->cli({"WAIT", "1", "1000"}) == "1"; }));
  master->kill();
  ASSERT_TRUE(turn_until([&] { return ask("key0") == "(refused)"; }));
  int other_slots = 0;
  for (int i = 0; i < 60; ++i) other_slots += ask("probe" + std::to_string(i)) == "(missing)";
  EXPECT_GT(other_slots, 10) << "slots of the other masters are not touched";
  ASSERT_TRUE(turn_long_until([&] { return all_slots_answer(); }));
  EXPECT_EQ(ask("key0"), "value0");
  EXPECT_TRUE(set("key0", "value1"));
  EXPECT_EQ(ask("key0"), "value1");
}

}  // namespace
}  // namespace dotring::cache::redis
