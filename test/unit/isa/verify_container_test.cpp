// SPDX-License-Identifier: Apache-2.0
// verify() on the container: each field damaged by itself is refused, and the message names the field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/diagnostic.h"
#include "verify_example.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;

constexpr std::int32_t huge = std::numeric_limits<std::int32_t>::max();

std::string verdict(const Program& program, const MachineParameters& machine) {
  try {
    verify(program, machine);
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code.name(), "program-invalid");
    return error.diagnostics().front().place.node;
  }
  return "accepted";
}

struct Damage {
  const char* field;  // the place that the message names
  std::function<void(Program&)> change;
};

// layers: x (act_fixed, layer 0), acc (accumulators, layer 1), y (act_fixed, layer 2).
TensorView& x(Program& p) { return p.layers[0].results[0]; }
TensorView& acc(Program& p) { return p.layers[1].results[0]; }

void expect_each_named(const Example& example, const std::vector<Damage>& damages) {
  const Program good = example.built();
  ASSERT_EQ(verdict(good, example.machine), "accepted");
  for (std::size_t n = 0; n < damages.size(); ++n) {
    Program bad = good;
    damages[n].change(bad);
    EXPECT_EQ(verdict(bad, example.machine), damages[n].field) << "damage " << n;
  }
}

TEST(VerifyContainer, NamesTheSizeOrAddressThatIsDamaged) {
  expect_each_named(Example(),
                    {{"program_bytes", [](Program& p) { p.program_bytes += 1; }},
                     {"program_bytes", [](Program& p) { p.program_bytes = std::uint64_t{1} << 36; }},
                     {"program_bytes", [](Program& p) { p.program_bytes = ~std::uint64_t{0} & ~std::uint64_t{63}; }},
                     {"program_bytes", [](Program& p) { p.program_bytes += 8192; }},
                     {"segments[0].bytes", [](Program& p) { p.program_bytes = 64; }},
                     {"images", [](Program& p) { p.images = 0; }},
                     {"images", [](Program& p) { p.images = -1; }},
                     {"images", [](Program& p) { p.images = 1 << 30; }},
                     {"images", [](Program& p) { p.images = 7; }},
                     {"input_bytes", [](Program& p) { p.input_bytes = 0; }},
                     {"input_bytes", [](Program& p) { p.input_bytes = std::uint64_t{1} << 30; }},
                     {"input_bytes", [](Program& p) { p.input_bytes += 64; }},
                     {"output_bytes", [](Program& p) { p.output_bytes = 0; }},
                     {"output_bytes", [](Program& p) { p.output_bytes = std::uint64_t{1} << 30; }},
                     {"output_bytes", [](Program& p) { p.output_bytes += 8192; }},
                     {"main_address", [](Program& p) { p.main_address += 8; }},
                     {"main_address", [](Program& p) { p.main_address = p.program_bytes; }},
                     {"main_address", [](Program& p) { p.main_address = ~std::uint64_t{63}; }},
                     {"init_address", [](Program& p) { p.init_address += 8; }},
                     {"init_address", [](Program& p) { p.init_address = ~std::uint64_t{63}; }},
                     {"main", [](Program& p) { p.main.resize(1000); }},
                     {"segments[1].address", [](Program& p) { p.segments[1].address = 0; }},
                     {"segments[1].address", [](Program& p) { p.segments[1].address += 1 << 20; }},
                     {"segments[2].address", [](Program& p) { p.segments[2].address = ~std::uint64_t{0}; }},
                     {"segments[2].bytes", [](Program& p) { p.segments[2].bytes.resize(4096); }},
                     {"peak_bits", [](Program& p) { p.buffers.pop_back(); }},
                     {"peak_bits[3]", [](Program& p) { p.buffers[3].peak_bits = -1; }},
                     {"peak_bits[0]", [](Program& p) { p.buffers[0].peak_bits = std::int64_t{1} << 40; }}});
}

TEST(VerifyContainer, NamesTheFieldOfTheLayerTableThatIsDamaged) {
  expect_each_named(Example(),
                    {{"layers.size", [](Program& p) { p.layers.clear(); }},
                     {"layers.size", [](Program& p) { p.layers.resize(1025, p.layers.back()); }},
                     {"layers[1].name", [](Program& p) { p.layers[1].name.clear(); }},
                     {"layers[1].op", [](Program& p) { p.layers[1].op.clear(); }},
                     {"layers[1].unit", [](Program& p) { p.layers[1].unit = "tensor_core"; }},
                     {"layers[1].macs", [](Program& p) { p.layers[1].macs = -1; }},
                     {"layers[0].results[0].name", [](Program& p) { x(p).name.clear(); }},
                     {"layers[0].results[0].place", [](Program& p) { x(p).place = TensorView::Place::dram; }},
                     {"layers[0].results[0].format", [](Program& p) { x(p).format = Format::signed_bits(16); }},
                     {"layers[0].results[0].channels", [](Program& p) { x(p).channels = 0; }},
                     {"layers[0].results[0].channels", [](Program& p) { x(p).channels = huge; }},
                     {"layers[0].results[0].slices", [](Program& p) { x(p).channels = 17; }},
                     {"layers[0].results[0].height", [](Program& p) { x(p).height = -4; }},
                     {"layers[0].results[0].width", [](Program& p) { x(p).width = huge; }},
                     {"layers[0].results[0].base", [](Program& p) { x(p).height = 40; }},
                     {"layers[0].results[0].base", [](Program& p) { x(p).base = 120; }},
                     {"layers[0].results[0].base", [](Program& p) { x(p).base = ~0U; }},
                     {"layers[0].results[0].slices", [](Program& p) { x(p).slices = 0; }},
                     {"layers[0].results[0].slices", [](Program& p) { x(p).slices = 1U << 31; }},
                     {"layers[0].results[0].first", [](Program& p) { x(p).first = ~0U; }},
                     {"layers[0].results[0].slices", [](Program& p) { x(p).first = 1; }},
                     {"layers[0].results[0].patch", [](Program& p) { x(p).patch = 1; }},
                     {"layers[0].results[0].patch", [](Program& p) { x(p).patch = -1; }},
                     {"layers[1].results[1].patch",
                      [](Program& p) {
                        p.layers[1].results.push_back(acc(p));
                        p.layers[1].results.back().patch = 2;
                      }},
                     {"layers[0].results[0].top", [](Program& p) { x(p).top = -1; }},
                     {"layers[0].results[0].left", [](Program& p) { x(p).left = huge; }},
                     {"layers[0].results[0].bytes", [](Program& p) { x(p).bytes = 3; }},
                     {"layers[0].results[0].planes", [](Program& p) { x(p).planes = 2; }},
                     {"layers[0].results[0].plane_cells", [](Program& p) { x(p).plane_cells = 1; }},
                     {"layers[0].results[0].band_rows", [](Program& p) { x(p).band_rows = 2; }},
                     {"layers[0].results[0].band_rows", [](Program& p) { x(p).bands = {0}; }},
                     {"layers[0].results[0].band_rows", [](Program& p) { x(p).bands = {0}, x(p).band_rows = -1; }},
                     {"layers[0].results[0].bands", [](Program& p) { x(p).bands = {0}, x(p).band_rows = 2; }},
                     {"layers[0].results[0].bands",
                      [](Program& p) {
                        x(p).bands = {0, ~0U}, x(p).band_rows = 2;
                      }},
                     {"layers[0].results[0].base",
                      [](Program& p) {
                        x(p).bands = {0, 116}, x(p).band_rows = 2;
                      }},
                     {"layers[0].results[0]",
                      [](Program& p) {  // rows that its loads write elsewhere
                        x(p).bands = {0, 8};
                        x(p).band_rows = 2;
                      }},
                     {"layers[2].results[0]", [](Program& p) { p.layers[2].results[0].height = 5; }},
                     {"layers[1].results[0].format", [](Program& p) { acc(p).format = Format::signed_bits(16); }},
                     {"layers[1].results[0].bytes", [](Program& p) { acc(p).bytes = 2; }},
                     {"layers[1].results[0].base", [](Program& p) { acc(p).base = 1; }},
                     {"layers[1].results[0].slices", [](Program& p) { acc(p).slices = 1; }},
                     {"layers[1].results[0].first", [](Program& p) { acc(p).first = 1; }},
                     {"layers[1].results[0].planes", [](Program& p) { acc(p).planes = 2; }},
                     {"layers[1].results[0].plane_cells", [](Program& p) { acc(p).plane_cells = 1; }},
                     {"layers[1].results[0].bands", [](Program& p) { acc(p).bands = {0}, acc(p).band_rows = 4; }},
                     {"layers[1].results[0]", [](Program& p) { acc(p).channels = 32; }},
                     {"main instruction 2 (mac_array)", [](Program& p) { acc(p).height = 3; }},
                     {"main instruction 1 (mac_array)", [](Program& p) { acc(p).width = 3; }}});
}

TEST(VerifyContainer, NamesTheFieldOfPackedBitsThatIsDamaged) {
  // A result of packed bits that nothing writes: refused last, for that. Cells of this machine are 16 channels.
  const auto bits = [](auto&& change) {
    return [change](Program& p) {
      TensorView view{"bits", TensorView::Place::act_binary, Format::unsigned_bits(2), 20, 4, 4, 0, 4, 0, 1, 2, 2};
      change(view);
      p.layers[3].results = {view};
    };
  };
  expect_each_named(Example(),
                    {{"layers[3].results[0]", bits([](TensorView&) {})},
                     {"layers[3].results[0].format", bits([](TensorView& v) { v.format = Format::signed_bits(3); })},
                     {"layers[3].results[0].bytes", bits([](TensorView& v) { v.bytes = 0; })},
                     {"layers[3].results[0].planes", bits([](TensorView& v) { v.planes = 9; })},
                     {"layers[3].results[0].plane_cells", bits([](TensorView& v) { v.plane_cells = 1; })},
                     {"layers[3].results[0].plane_cells", bits([](TensorView& v) { v.plane_cells = 3; })},
                     {"layers[3].results[0].plane_cells", bits([](TensorView& v) { v.plane_cells = ~0U; })},
                     {"layers[3].results[0].slices", bits([](TensorView& v) { v.slices = 0; })},
                     {"layers[3].results[0].first", bits([](TensorView& v) { v.first = 1U << 30; })},
                     {"layers[3].results[0].base", bits([](TensorView& v) { v.base = 62; })},
                     {"layers[3].results[0].base", bits([](TensorView& v) { v.base = ~0U; })}});
}

TEST(VerifyContainer, NamesTheFieldOfTheInputThatIsDamaged) {
  expect_each_named(Example(),
                    {{"input.name", [](Program& p) { p.input.name.clear(); }},
                     {"input.place", [](Program& p) { p.input.place = TensorView::Place::act_fixed; }},
                     {"input.format", [](Program& p) { p.input.format = Format::unsigned_bits(16); }},
                     {"input.channels", [](Program& p) { p.input.channels = -1; }},
                     {"input.slices", [](Program& p) { p.input.channels = 4000; }},
                     {"input.height", [](Program& p) { p.input.height = 0; }},
                     {"input.width", [](Program& p) { p.input.width = 1 << 17; }},
                     {"input.base", [](Program& p) { p.input.base = 64; }},
                     {"input.slices", [](Program& p) { p.input.slices = 0; }},
                     {"input.slices", [](Program& p) { p.input.first = 1; }},
                     {"input.bytes", [](Program& p) { p.input.bytes = 8; }},
                     {"input.planes", [](Program& p) { p.input.planes = 0; }},
                     {"input.plane_cells", [](Program& p) { p.input.plane_cells = 64; }},
                     {"input_form", [](Program& p) { p.input_form = TransferForm::linear; }},
                     {"input.channels", [](Program& p) { p.input_form = TransferForm::stem; }},
                     {"input.format", [](Program& p) { p.input_form = TransferForm::binary; }},
                     {"input_row_bytes", [](Program& p) { p.input_row_bytes = 0; }},
                     {"input_row_bytes", [](Program& p) { p.input_row_bytes = 72; }},
                     {"input_row_bytes", [](Program& p) { p.input_row_bytes = 1U << 31; }},
                     {"main instruction 0 (load)",
                      [](Program& p) {
                        p.input_row_bytes = 128;
                        p.input_bytes = 512;
                      }},
                     {"host_input.channels", [](Program& p) { p.host_input.channels = 7; }},
                     {"host_input.height", [](Program& p) { p.host_input.height = 5; }},
                     {"host_input.width", [](Program& p) { p.host_input.width = -4; }},
                     {"host_input.format", [](Program& p) { p.host_input.format = Format::unsigned_bits(8); }},
                     {"host_input.shape", [](Program& p) { p.host_input.shape[1] = 7; }},
                     {"host_input.shape",
                      [](Program& p) {
                        p.host_input.shape = {1 << 20, 1 << 20, 1 << 20, 1 << 20};
                      }},
                     {"host_input.shape",
                      [](Program& p) {
                        p.host_input.shape = {-1, -8, 4, 4};
                      }},
                     {"host_input.shape", [](Program& p) { p.host_input.shape = {1, 1, 1, 1, 1, 1, 8, 4, 4}; }}});
}

TEST(VerifyContainer, NamesTheFieldOfTheOutputThatIsDamaged) {
  expect_each_named(Example(),
                    {{"outputs", [](Program& p) { p.outputs.clear(), p.host_outputs.clear(); }},
                     {"host_outputs", [](Program& p) { p.host_outputs.clear(); }},
                     {"outputs[0].name", [](Program& p) { p.outputs[0].name.clear(); }},
                     {"outputs[0].place", [](Program& p) { p.outputs[0].place = TensorView::Place::act_binary; }},
                     {"outputs[0].format", [](Program& p) { p.outputs[0].format = Format::signed_bits(9); }},
                     {"outputs[0].channels", [](Program& p) { p.outputs[0].channels = huge; }},
                     {"outputs[0].height", [](Program& p) { p.outputs[0].height = huge; }},
                     {"outputs[0].width", [](Program& p) { p.outputs[0].width = -1; }},
                     {"outputs[0].patch", [](Program& p) { p.outputs[0].patch = 1; }},
                     {"outputs[0].patch", [](Program& p) { p.outputs[0].left = 1; }},
                     {"outputs[0].base", [](Program& p) { p.outputs[0].base = ~0U; }},
                     {"outputs[0].slices", [](Program& p) { p.outputs[0].slices = 0; }},
                     {"outputs[0].first", [](Program& p) { p.outputs[0].first = ~0U; }},
                     {"outputs[0].bytes", [](Program& p) { p.outputs[0].bytes = 0; }},
                     {"outputs[0].planes", [](Program& p) { p.outputs[0].planes = 2; }},
                     {"outputs[0].plane_cells", [](Program& p) { p.outputs[0].plane_cells = 8; }},
                     {"outputs[0].plane_cells", [](Program& p) { p.outputs[0].plane_cells = ~0U; }},
                     {"host_outputs[0].channels", [](Program& p) { p.host_outputs[0].channels = -8; }},
                     {"host_outputs[0].height", [](Program& p) { p.host_outputs[0].height = 1; }},
                     {"host_outputs[0].width", [](Program& p) { p.host_outputs[0].width = 0; }},
                     {"host_outputs[0].shape",
                      [](Program& p) {
                        p.host_outputs[0].shape = {1, 8};
                      }},
                     {"host_outputs[0].shape",
                      [](Program& p) {
                        p.host_outputs[0].shape = {1, std::int64_t{1} << 62};
                      }},
                     {"host_outputs[0].shape", [](Program& p) { p.host_outputs[0].shape = {0}; }}});
}

}  // namespace
}  // namespace blendsim::test
