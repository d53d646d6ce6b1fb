// SPDX-License-Identifier: Apache-2.0
// Needs: liburcu-dev -lurcu-common
// cds_wfcqueue of liburcu (liburcu-dev): any number of threads; its dequeue takes a lock.
// Capacity: a linked list without a bound, whose nodes are the caller's: they lie in a pool of as
// many as were asked for, and its free places in a second list of the same kind. So nothing is
// allocated after the constructor.
#include <urcu/wfcqueue.h>

#include <busmark/plugin.hpp>
#include <vector>

class UrcuQueue {
 public:
  explicit UrcuQueue(std::size_t capacity) : nodes_(capacity) {
    cds_wfcq_init(&full_.head, &full_.tail);
    cds_wfcq_init(&free_.head, &free_.tail);
    for (Node& node : nodes_) put(free_, node);
  }
  ~UrcuQueue() {
    cds_wfcq_destroy(&full_.head, &full_.tail);
    cds_wfcq_destroy(&free_.head, &free_.tail);
  }
  UrcuQueue(const UrcuQueue&) = delete;
  UrcuQueue& operator=(const UrcuQueue&) = delete;

  bool try_push(const busmark_message& message) {
    Node* node = take(free_);
    if (node == nullptr) return false;
    node->message = message;
    put(full_, *node);
    return true;
  }
  bool try_pop(busmark_message& message) {
    Node* node = take(full_);
    if (node == nullptr) return false;
    message = node->message;
    put(free_, *node);
    return true;
  }

 private:
  struct Node {
    cds_wfcq_node link;  // First, so that its address is the node's.
    busmark_message message;
  };
  struct List {
    alignas(128) cds_wfcq_head head;
    alignas(128) cds_wfcq_tail tail;
  };
  static void put(List& list, Node& node) {
    cds_wfcq_node_init(&node.link);
    cds_wfcq_enqueue(cds_wfcq_head_cast(&list.head), &list.tail, &node.link);
  }
  static Node* take(List& list) {
    return reinterpret_cast<Node*>(cds_wfcq_dequeue_blocking(&list.head, &list.tail));
  }

  std::vector<Node> nodes_;
  List full_;
  List free_;
};

BUSMARK_PLUGIN(UrcuQueue, .name = "urcu-wfcqueue", .version = "0.13.2",
               .summary = "cds_wfcqueue of liburcu, with a pool of nodes");
