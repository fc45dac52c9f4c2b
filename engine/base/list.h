// An intrusive doubly linked list: the links live inside what is listed, so adding and removing
// never allocates.
//
// Invariant: a node is in at most one list per ListNode; a node that is destroyed leaves its list.

#pragma once

#include <cassert>
#include <cstddef>

namespace dotring {

/// Base class of whatever is listed. `Tag` tells two lists of the same thing apart.
template <typename Tag = void>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return next_ != nullptr; }

  void unlink() {
    if (!next_) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <typename, typename>
  friend class List;

  void link_before(ListNode& other) {
    assert(!linked());
    next_ = &other;
    previous_ = other.previous_;
    previous_->next_ = this;
    other.previous_ = this;
  }

  ListNode* next_ = nullptr;
  ListNode* previous_ = nullptr;
};

template <typename T, typename Tag = void>
class List {
 public:
  using Node = ListNode<Tag>;

  List() { head_.next_ = head_.previous_ = &head_; }
  ~List() {
    while (pop_front()) {
    }
    head_.next_ = head_.previous_ = nullptr;
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const { return head_.next_ == &head_; }
  void push_back(T& item) { node(item).link_before(head_); }
  void push_front(T& item) { node(item).link_before(*head_.next_); }
  T* front() { return empty() ? nullptr : item(head_.next_); }
  T* back() { return empty() ? nullptr : item(head_.previous_); }
  /// The one after `item`, or null at the end.
  T* after(T& current) {
    Node* next = node(current).next_;
    return next == &head_ ? nullptr : item(next);
  }
  T* pop_front() {
    T* first = front();
    if (first) node(*first).unlink();
    return first;
  }
  /// Takes everything from `other`, in order, to the end of this list.
  void splice_back(List& other) {
    if (other.empty()) return;
    Node* first = other.head_.next_;
    Node* last = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

 private:
  static Node& node(T& item) { return static_cast<Node&>(item); }
  static T* item(Node* node) { return static_cast<T*>(node); }

  Node head_;
};

}  // namespace dotring
