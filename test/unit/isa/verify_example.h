// SPDX-License-Identifier: Apache-2.0
// A small legal program made by hand, to be spoiled by tests of verify().
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/program.h"
#include "units/post_unit/record.h"

namespace blendsim::test {

constexpr std::uint32_t bit(UnitId unit) { return 1U << index(unit); }

inline MachineParameters small_machine() {
  MachineParameters m;
  const auto set = [&](BufferId id, std::int64_t regions, std::int64_t width, std::int64_t depth) {
    m.buffers[static_cast<std::size_t>(index(id))] = {regions, width, depth, 0, 2};
  };
  set(BufferId::act_binary, 2, 256, 64);
  set(BufferId::act_fixed, 4, 128, 128);
  set(BufferId::weights_binary, 1, 16 * 3 * 48, 64);
  set(BufferId::weights_fixed, 1, 16 * 8 * 8, 64);
  set(BufferId::accumulators, 2, 512, 64);
  set(BufferId::parameters, 3, 512, 64);
  set(BufferId::instructions, 1, 128, 64);
  return m;
}

// A 1x1 convolution of a 4x4 map with 8 channels by mac_array in two tiles of two rows, scaled by post_unit, stored.
// Weights: output channel o takes input channel o times o + 1; start values 100 * o.
struct Example {
  MachineParameters machine = small_machine();
  Program program;
  std::vector<Instruction> init, main;
  PostRecord record;
  static constexpr std::uint32_t weight_bytes = 128, record_bytes = 3 * 64;

  Example() {
    make_constants();
    make_views();
    make_init();
    make_main();
  }

  void make_constants() {
    std::vector<std::uint8_t> bytes(weight_bytes + 64 + record_bytes);
    for (std::uint32_t o = 0; o < 16; ++o) {
      if (o < 8) bytes[o * 8 + o] = static_cast<std::uint8_t>(o + 1);
      bytes[weight_bytes + 4 * o] = static_cast<std::uint8_t>(100 * o & 0xFF);
      bytes[weight_bytes + 4 * o + 1] = static_cast<std::uint8_t>(100 * o >> 8);
    }
    record.quantisers[0].multiplier.fill(1);
    record.quantisers[0].shift.fill(3);
    record.quantisers[0].lo = -128;
    record.quantisers[0].hi = 127;
    program.segments = {{0, bytes}};
    set_record(record);
    program.program_bytes = bytes.size();
    program.input_bytes = 4 * 4 * 16;
    program.output_bytes = 4 * 4 * 16;
  }

  // `scaled`: to the unit's shift_step first, as the compiler does.
  void set_record(const PostRecord& changed, bool scaled = true) {
    record = changed;
    for (QuantiserRecord& q : record.quantisers) scale_to_step(q, scaled ? machine.post_unit.shift_step : 1);
    const auto encoded = encode_record(post(0), record, 512);
    std::copy(encoded.begin(), encoded.end(), program.segments[0].bytes.begin() + weight_bytes + 64);
  }

  void make_views() {
    program.network = "example";
    program.input = {"x", TensorView::Place::dram, Format::signed_bits(8), 8, 4, 4, 0, 1, 0, 1, 1, 0};
    program.input_form = TransferForm::fixed;
    program.input_row_bytes = 64;
    program.outputs = {{"y", TensorView::Place::dram, Format::signed_bits(8), 8, 4, 4, 0, 1, 0, 1, 1, 0}};
    program.host_input = {"x", {1, 8, 4, 4}, {}, Format::signed_bits(8), 8, 4, 4};
    program.host_outputs = {{"y", {1, 8, 4, 4}, {}, 8, 4, 4}};
    program.buffers.resize(buffer_count);
    const TensorView x{"x", TensorView::Place::act_fixed, Format::signed_bits(8), 8, 4, 4, 0, 1, 0, 1, 1, 0};
    const TensorView acc{"acc", TensorView::Place::mac_accumulators, Format::signed_bits(32), 8, 4, 4, 0, 0, 0, 4, 1,
                         0};
    TensorView y = x;
    y.name = "y";
    y.base = 128;
    program.layers = {{"input", "Input", {}, "load", 0, false, {x}},
                      {"conv", "Conv", {}, "mac_array", 0, false, {acc}},
                      {"post", "Post", {}, "post_unit", 0, false, {y}},
                      {"output", "Output", {}, "store", 0, false, {}}};
  }

  static LoadInstruction constant(BufferId buffer, std::uint32_t address, std::uint32_t from, std::uint32_t bytes) {
    LoadInstruction i;
    i.form = static_cast<std::uint32_t>(TransferForm::linear);
    i.dram_base = static_cast<std::uint32_t>(DramBase::program);
    i.dram_address = from;
    i.run_bytes = bytes;
    i.runs = 1;
    i.buffer = static_cast<std::uint32_t>(index(buffer));
    i.buffer_address = address;
    return i;
  }
  void make_init() {
    init = {constant(BufferId::weights_fixed, 0, 0, weight_bytes),
            constant(BufferId::parameters, 128, weight_bytes, 64),
            constant(BufferId::parameters, 0, weight_bytes + 64, record_bytes)};
  }

  template <class Transfer>
  static Transfer map(DramBase base, std::uint32_t address) {
    Transfer i;
    i.form = static_cast<std::uint32_t>(TransferForm::fixed);
    i.dram_base = static_cast<std::uint32_t>(base);
    i.run_bytes = i.dram_stride = 64;
    i.runs = i.height = i.width = 4;
    i.buffer = static_cast<std::uint32_t>(index(BufferId::act_fixed));
    i.buffer_address = address;
    i.map_slices = i.slices = 1;
    return i;
  }
  static MacInstruction conv(std::uint32_t row) {
    MacInstruction i;
    i.in_height = i.in_width = i.out_height = i.out_width = 4;
    i.map_slices = 1;
    i.channels = 8;
    i.out_row = row;
    i.rows = 2;
    i.start = 128;
    i.destination = 64 + row * 4;
    i.sync.layer = 1;
    return i;
  }
  static PostInstruction post(std::uint32_t row) {
    PostInstruction i;
    i.a_source = static_cast<std::uint32_t>(PostSource::mac_accumulators);
    i.a = 64 + row * 4;
    i.a_stride = 1;
    i.rows = 2;
    i.width = 4;
    i.slices = i.use_q1 = i.write_fixed = i.fixed_slices = 1;
    i.fixed = 128 + row * 4;
    i.sync.layer = 2;
    return i;
  }

  void make_main() {
    auto load = map<LoadInstruction>(DramBase::input, 0);
    load.sync.post_data = bit(UnitId::mac_array);
    auto conv0 = conv(0), conv2 = conv(2);
    conv0.sync.wait_data = bit(UnitId::load);
    conv0.sync.post_data = conv2.sync.post_data = bit(UnitId::post_unit);
    auto post0 = post(0), post2 = post(2);
    post0.sync.wait_data = post2.sync.wait_data = bit(UnitId::mac_array);
    post2.sync.post_data = bit(UnitId::store);
    auto store = map<StoreInstruction>(DramBase::output, 128);
    store.sync.layer = 3;
    store.sync.wait_data = bit(UnitId::post_unit);
    main = {load, conv0, conv2, post0, post2, store};
  }

  // Words of a stream as a segment at the end of the program area; returns its address.
  static std::uint64_t append(Program& p, const std::vector<Word>& words) {
    DramSegment segment{p.program_bytes, {}};
    for (const Word& word : words) {
      for (const std::uint64_t half : {word.low, word.high}) {
        for (int b = 0; b < 8; ++b) segment.bytes.push_back(static_cast<std::uint8_t>(half >> (8 * b)));
      }
    }
    p.program_bytes += segment.bytes.size();
    p.segments.push_back(segment);
    return segment.address;
  }
  // Main is resident: init's last load brings its words.
  [[nodiscard]] Program built() const {
    Program p = program;
    for (const Instruction& i : main) encode(i, p.main);
    encode_end(p.main);
    p.main_address = append(p, p.main);
    for (const Instruction& i : init) encode(i, p.init);
    encode(constant(BufferId::instructions, 0, static_cast<std::uint32_t>(p.main_address),
                    static_cast<std::uint32_t>(p.main.size() * sizeof(Word))),
           p.init);
    encode_end(p.init);
    p.init_address = append(p, p.init);
    return p;
  }
  [[nodiscard]] std::string refusal() const {
    try {
      verify(built(), machine);
    } catch (const DiagnosticError& error) {
      EXPECT_EQ(error.diagnostics().front().code.name(), "program-invalid");
      return error.what();
    }
    return "accepted";
  }
  template <class I>
  I& at(std::size_t n) {
    return std::get<I>(main[n]);
  }
};

}  // namespace blendsim::test
