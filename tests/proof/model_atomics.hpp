// SPDX-License-Identifier: Apache-2.0
// Atomics and memory as the C++ standard has them, by Dmitry Vyukov's Relacy: it runs the threads
// of a test as fibers, in many interleavings, and lets a load return any value that the orders
// allow. What is proven are the product's own headers; this stands in place of std::atomic there.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <source_location>
#include <string_view>
#include <unordered_map>

// Everything that busmark's headers include of the library must come before: Relacy defines words.
#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <relacy/relacy.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#undef VAR
#undef VAR_T
#undef TLS_T

namespace busmark {

/// A place in the product that names an order which is more than relaxed.
struct OrderSite {
  std::string_view file;
  unsigned line = 0;
  std::string_view operation;

  bool operator==(const OrderSite&) const = default;
};

/// What the model does to orders: it notes where they are named, and makes those of one site
/// relaxed. Of fixed size, for what is allocated in an execution counts as leaked.
class OrderBook {
 public:
  static OrderBook& get() {
    static OrderBook book;
    return book;
  }
  /// Starts anew, with no order weakened.
  void clear() {
    count_ = 0;
    weakened_.reset();
  }
  void weaken(std::optional<OrderSite> site) { weakened_ = site; }
  [[nodiscard]] std::vector<OrderSite> seen() const {
    return {sites_.begin(), sites_.begin() + count_};
  }

  rl::memory_order pass(std::memory_order order, const OrderSite& site) {
    if (order == std::memory_order_relaxed || weakened_ == site) return rl::mo_relaxed;
    const auto end = sites_.begin() + count_;
    if (std::find(sites_.begin(), end, site) == end) {
      RL_VERIFY(count_ < static_cast<std::ptrdiff_t>(sites_.size()));
      sites_[static_cast<std::size_t>(count_++)] = site;
    }
    switch (order) {
      case std::memory_order_acquire: return rl::mo_acquire;
      case std::memory_order_release: return rl::mo_release;
      case std::memory_order_acq_rel: return rl::mo_acq_rel;
      default: return rl::mo_seq_cst;
    }
  }

 private:
  std::array<OrderSite, 64> sites_;
  std::ptrdiff_t count_ = 0;
  std::optional<OrderSite> weakened_;
};

inline rl::memory_order model_order(std::memory_order order, const char* operation,
                                    const std::source_location& at) {
  std::string_view file = at.file_name();
  file.remove_prefix(file.rfind('/') + 1);
  return OrderBook::get().pass(order, {file, at.line(), operation});
}

template <typename T>
class Atomic {
  using Place = std::source_location;

 public:
  Atomic(T value = T{}) { atomic_.store(value, rl::mo_relaxed, RL_INFO); }  // NOLINT

  T load(std::memory_order order, Place at = Place::current()) const {
    return atomic_.load(model_order(order, "load", at), RL_INFO);
  }
  void store(T value, std::memory_order order, Place at = Place::current()) {
    atomic_.store(value, model_order(order, "store", at), RL_INFO);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure, Place at = Place::current()) {
    return atomic_.compare_exchange(rl::bool_t<true>(), expected, desired,
                                    model_order(success, "exchange", at),
                                    model_order(failure, "failed exchange", at), RL_INFO);
  }

 private:
  mutable rl::atomic<T> atomic_;
};

/// An item of which the model knows every place that it is read from or written to: a slot that is
/// read while it is written is a race, although the item is too small to hold a variable of the
/// model itself.
class ModelItem {
 public:
  ModelItem() noexcept { touch()(RL_INFO) = 0; }
  explicit ModelItem(unsigned number) noexcept : ModelItem() { number_ = number; }
  ModelItem(ModelItem&& other) noexcept : ModelItem() { *this = std::move(other); }
  ModelItem& operator=(ModelItem&& other) noexcept {
    touch()(RL_INFO) = other.touch()(RL_INFO).load();
    number_ = other.number_;
    return *this;
  }
  ~ModelItem() { places().erase(this); }

  [[nodiscard]] unsigned number() const noexcept { return number_; }

  /// Before an execution. What one that failed left behind belongs to a model that is gone, and is
  /// left where it is.
  static void forget() {
    if (!places().empty()) here() = make();
  }

 private:
  /// Relacy counts what `new` gives out in an execution; this outlives them all.
  template <typename T>
  struct Outside {
    using value_type = T;
    Outside() = default;
    template <typename Other>
    Outside(const Outside<Other>& /*other*/) noexcept {}  // NOLINT
    T* allocate(std::size_t count) { return static_cast<T*>(std::malloc(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t /*count*/) noexcept { std::free(memory); }
    bool operator==(const Outside& /*other*/) const noexcept { return true; }
  };
  using Places =
      std::unordered_map<const void*, rl::var<int>, std::hash<const void*>, std::equal_to<>,
                         Outside<std::pair<const void* const, rl::var<int>>>>;
  static Places* make() { return ::new (std::malloc(sizeof(Places))) Places; }
  static Places*& here() {
    static Places* places = make();
    return places;
  }
  static Places& places() { return *here(); }
  rl::var<int>& touch() const { return places()[this]; }

  unsigned number_ = 0;
};

}  // namespace busmark
