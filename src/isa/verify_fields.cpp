// SPDX-License-Identifier: Apache-2.0
// What must hold of each instruction alone: of its synchronisation here, of its fields by its unit's rules.
#include "isa/verify_internal.h"

namespace blendsim::verification {
namespace {

class Checker final : public FieldCheck {
 public:
  Checker(const Stream& stream, const Program& program, const MachineParameters& parameters)
      : FieldCheck(parameters), stream_(stream), program_(program) {
    area_bytes = {program.program_bytes, program.input_bytes, program.output_bytes};
    in_init = stream.name == "init";
  }

  void instruction(std::size_t n) {
    index_ = n;
    const Instruction& i = stream_.instructions[n];
    const Synchronisation& sync = sync_of(i);
    require(sync.layer < program_.layers.size(), "layer {} is not in the table of {}", sync.layer,
            program_.layers.size());
    visit_unit<Units>(i, [this]<class U>(const typename U::Instruction& own_fields) { U::check(own_fields, *this); });
  }

 private:
  [[noreturn]] void refuse(const std::string& rule) const override { verification::refuse(stream_, index_, rule); }

  const Stream& stream_;
  const Program& program_;
  std::size_t index_ = 0;
};

}  // namespace

void check_fields(const Stream& stream, const Program& program, const MachineParameters& machine) {
  Checker checker(stream, program, machine);
  for (std::size_t n = 0; n < stream.instructions.size(); ++n) checker.instruction(n);
}

}  // namespace blendsim::verification
