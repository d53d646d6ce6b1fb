// SPDX-License-Identifier: Apache-2.0
// The event bus as a library: patterns, a queue group, and a request.
#include "busmark/bus/event_bus.hpp"

#include <chrono>
#include <iostream>
#include <thread>

#include "busmark/queue/mpmc_ring.hpp"

using namespace std::chrono_literals;

int main() {
  busmark::EventBus<busmark::MpmcRing> bus;

  // Everything below `chat.`, and two workers that share the uploads.
  auto chat = bus.subscribe("chat.>");
  auto first = bus.queue_subscribe("upload.*", "workers");
  auto second = bus.queue_subscribe("upload.*", "workers");

  auto uploads = bus.publisher("upload.image");  // The cheap way, for a subject used often.
  for (const char* name : {"cat", "dog", "cow", "hen"}) uploads.publish(name);
  bus.publish("chat.room.7", "hello");

  while (auto message = first.receive()) std::cout << "first: " << message->text() << '\n';
  while (auto message = second.receive()) std::cout << "second: " << message->text() << '\n';
  if (auto heard = chat.receive()) std::cout << heard->subject() << ": " << heard->text() << '\n';

  auto clock = bus.subscribe("time", {.parking = true});
  std::thread service([&] {
    if (auto request = clock.receive(5s)) bus.respond(*request, "high noon");
  });
  const auto reply = bus.request("time", "now?", 5s);
  service.join();
  if (reply.message) std::cout << "time: " << reply.message->text() << '\n';
  return bus.request("weather", "?", 1s).no_responders() ? 0 : 1;
}
