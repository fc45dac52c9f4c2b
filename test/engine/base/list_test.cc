#include "engine/base/list.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace dotring {
namespace {

struct First;
struct Second;

struct Item : ListNode<First>, ListNode<Second> {
  explicit Item(int v) : value(v) {}
  int value;
};

using Items = List<Item, First>;

std::vector<int> values(Items& list) {
  std::vector<int> result;
  for (Item* item = list.front(); item; item = list.after(*item)) result.push_back(item->value);
  return result;
}

using Values = std::vector<int>;

bool linked(const Item& item) {
  return item.ListNode<First>::linked();
}
void unlink(Item& item) {
  item.ListNode<First>::unlink();
}

TEST(List, IsEmptyAtFirst) {
  Items list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.front(), nullptr);
  EXPECT_EQ(list.back(), nullptr);
  EXPECT_EQ(list.pop_front(), nullptr);
}

TEST(List, KeepsTheOrderOfBothEnds) {
  Item a(1), b(2), c(3);
  Items list;
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  EXPECT_EQ(values(list), (Values{1, 2, 3}));
  EXPECT_EQ(list.front(), &a);
  EXPECT_EQ(list.back(), &c);
  EXPECT_EQ(list.pop_front(), &a);
  EXPECT_FALSE(linked(a));
  EXPECT_EQ(values(list), (Values{2, 3}));
}

TEST(List, GivesUpAnyItem) {
  Item a(1), b(2), c(3);
  Items list;
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  unlink(b);
  EXPECT_EQ(values(list), (Values{1, 3}));
  unlink(b);
  unlink(c);
  unlink(a);
  EXPECT_TRUE(list.empty());
  list.push_back(b);
  EXPECT_EQ(values(list), Values{2});
}

TEST(List, AnItemThatIsDestroyedLeavesIt) {
  Items list;
  auto item = std::make_unique<Item>(1);
  Item other(2);
  list.push_back(*item);
  list.push_back(other);
  item.reset();
  EXPECT_EQ(values(list), Values{2});
}

TEST(List, ReleasesItsItemsWhenDestroyed) {
  Item a(1);
  {
    Items list;
    list.push_back(a);
    EXPECT_TRUE(linked(a));
  }
  EXPECT_FALSE(linked(a));
}

TEST(List, SplicesInOrder) {
  Item a(1), b(2), c(3), d(4);
  Items list, other;
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.splice_back(other);
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(values(list), (Values{1, 2, 3}));
  list.splice_back(other);
  EXPECT_EQ(values(list), (Values{1, 2, 3}));
  list.push_back(d);
  unlink(b);
  EXPECT_EQ(values(list), (Values{1, 3, 4}));
  other.splice_back(list);
  EXPECT_EQ(values(other), (Values{1, 3, 4}));
}

TEST(List, TagsTellTwoListsApart) {
  Item a(1);
  Items list;
  List<Item, Second> other;
  list.push_back(a);
  other.push_back(a);
  unlink(a);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(other.front(), &a);
}

}  // namespace
}  // namespace dotring
