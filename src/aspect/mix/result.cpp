// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/result.hpp"

#include <memory>

#include "engine/repetition_plan.hpp"
#include "record/message_flow.hpp"

namespace busmark {
namespace {

class ClassesObserver final : public Observer {
 public:
  explicit ClassesObserver(const RepetitionPlan& plan) : plan_(plan) {}

  void finished(const RawRepetition& raw, RepetitionResult& result) override {
    assemble_classes(plan_, raw, result);
  }

 private:
  const RepetitionPlan& plan_;
};

}  // namespace

void assemble_classes(const RepetitionPlan& plan, const RawRepetition& raw,
                      RepetitionResult& result) {
  const MessageFlow flow(plan.scenario);
  result.classes.resize(plan.scenario.mix.size());
  for (std::size_t i = 0; i < result.classes.size(); ++i) {
    ClassResult& one = result.classes[i];
    for (const auto& record : raw.producers) {
      one.published += record->stages.classes[i].published * flow.copies();
      one.refused += record->stages.classes[i].refused * flow.copies();
    }
    const MessageFlow::Range final = flow.final_receivers();
    for (std::uint32_t r = final.first; r < final.end; ++r) {
      const auto* record = dynamic_cast<const StagedRecord*>(raw.receivers[r].get());
      if (record == nullptr) continue;
      const StageReception::ByClass& seen = record->stages.classes()[i];
      one.received += seen.received;
      one.response.merge(seen.response);
    }
  }
}

std::unique_ptr<Observer> observe_classes(const RepetitionPlan& plan) {
  if (plan.scenario.mix.empty()) return nullptr;
  return std::make_unique<ClassesObserver>(plan);
}

}  // namespace busmark
