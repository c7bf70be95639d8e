// SPDX-License-Identifier: Apache-2.0
#include "units/xnor_array/plan.h"

#include <algorithm>
#include <bit>

#include "units/buffer/layout.h"
#include "units/xnor_array/law.h"

namespace blendsim {
namespace {

constexpr int units_per_word = dsp_word_bits / slice_channels;

XnorSteps steps_of(const XnorPlanKey& key) {
  return XnorSteps::of(key.kernel_h, key.kernel_w, key.cells, key.dilation_h != 1 || key.dilation_w != 1);
}

// The weights of one row of a group and plane, unit by unit.
class Row {
 public:
  Row(const XnorPlanKey& key, std::span<const std::uint64_t> weights, std::uint32_t plane, std::uint32_t row)
      : key_(key), steps_(steps_of(key)), words_(weights.subspan(plane * steps_.steps * word_size())), row_(row) {}

  // Slice k of cell c of tap (ky, kx): where instruction.h places it.
  [[nodiscard]] std::uint32_t unit(std::uint32_t ky, std::uint32_t kx, std::uint32_t c, std::uint32_t k) const {
    if (steps_.windows) {
      const std::uint32_t across = (key_.kernel_w + 2) / 3;
      return at((ky / 3 * across + kx / 3) * key_.cells + c, ky % 3 * 3 + kx % 3, k);
    }
    const std::uint32_t operands = (key_.cells + cells_per_operand - 1) / cells_per_operand;
    return at((ky * key_.kernel_w + kx) * operands + c / cells_per_operand, c % cells_per_operand, k);
  }
  // Ones of all bits of all steps.
  [[nodiscard]] int ones() const {
    int count = 0;
    for (std::int64_t step = 0; step < steps_.steps; ++step) {
      const auto word = words_.subspan(static_cast<std::size_t>(step) * word_size() + row_ * row_words(), row_words());
      for (const std::uint64_t bits : word) count += std::popcount(bits);
    }
    return count;
  }

 private:
  [[nodiscard]] std::size_t row_words() const { return std::size_t{3} * key_.cell_slices; }
  [[nodiscard]] std::size_t word_size() const { return row_words() * key_.rows; }
  [[nodiscard]] std::uint32_t at(std::uint32_t step, std::uint32_t cell, std::uint32_t k) const {
    const std::uint32_t unit = cell * key_.cell_slices + k;
    const std::uint64_t word = words_[step * word_size() + row_ * row_words() + unit / units_per_word];
    return word >> (unit % units_per_word * slice_channels) & 0xFFFF;
  }

  const XnorPlanKey& key_;
  XnorSteps steps_;
  std::span<const std::uint64_t> words_;
  std::uint32_t row_;
};

// One term: which two units of which run. A run is a kernel row, with dilated columns a tap, with interleaved rows the
// window.
struct Term {
  std::uint32_t ky, kx, unit;  // of the run, whose first tap is (ky, kx)
  bool whole;
};

class Runs {
 public:
  explicit Runs(const XnorPlanKey& key)
      : key_(key), rows_(key.row_pitch == 0 ? key.kernel_h : 1), column_(key.cells * key.cell_slices * rows_) {
    const std::uint32_t taps = key.dilation_w == 1 ? key.kernel_w : 1, units = taps * column_;
    for (std::uint32_t ky = 0; ky < key.kernel_h; ky += rows_) {
      for (std::uint32_t kx = 0; kx < key.kernel_w; kx += taps) {
        for (std::uint32_t unit = 0; unit < units; unit += 2) terms_.push_back({ky, kx, unit, unit + 1 < units});
      }
    }
    std::stable_partition(terms_.begin(), terms_.end(), [](const Term& term) { return term.whole; });
  }

  [[nodiscard]] const std::vector<Term>& terms() const { return terms_; }
  [[nodiscard]] std::uint32_t offset(const Term& term) const {
    return term.ky * key_.dilation_h * key_.row_pitch + term.kx * key_.dilation_w * column_ + term.unit;
  }
  [[nodiscard]] std::uint32_t weights(const Term& term, const Row& row) const {
    const auto unit = [&](std::uint32_t n) {
      const std::uint32_t ky = term.ky + n % rows_, cell = n % column_ / rows_;
      return row.unit(ky, term.kx + n / column_, cell / key_.cell_slices, cell % key_.cell_slices);
    };
    return unit(term.unit) | (term.whole ? unit(term.unit + 1) << slice_channels : 0);
  }

 private:
  const XnorPlanKey& key_;
  std::uint32_t rows_;    // of a run
  std::uint32_t column_;  // units of a run's column
  std::vector<Term> terms_;
};

}  // namespace

XnorPlanKey XnorPlanKey::of(const XnorInstruction& i, std::uint32_t row_pitch, std::uint32_t cell_slices,
                            std::uint32_t rows) {
  return {i.weights,    i.groups * i.weight_bits,
          i.kernel_h,   i.kernel_w,
          i.dilation_h, i.dilation_w,
          i.cells,      i.use_and,
          row_pitch,    cell_slices,
          rows};
}

std::uint32_t XnorPlanKey::words() const { return planes * static_cast<std::uint32_t>(steps_of(*this).steps); }

XnorPlan make_plan(const XnorPlanKey& key, std::span<const std::uint64_t> weights) {
  const Runs runs(key);
  XnorPlan plan;
  for (const Term& term : runs.terms()) {
    plan.offsets.push_back(runs.offset(term));
    plan.masks.push_back(term.whole ? 0xFFFFFFFFU : 0xFFFFU);
    plan.whole_terms += term.whole ? 1 : 0;
  }
  plan.weights.resize(std::size_t{key.planes} * runs.terms().size() * key.rows);
  plan.before.resize(std::size_t{key.planes} * key.rows);
  const auto bits =
      static_cast<std::int32_t>(steps_of(key).steps * cells_per_operand * key.cell_slices * slice_channels);
  for (std::uint32_t plane = 0; plane < key.planes; ++plane) {
    std::uint32_t* out = plan.weights.data() + std::size_t{plane} * runs.terms().size() * key.rows;
    for (std::uint32_t r = 0; r < key.rows; ++r) {
      const Row row(key, weights, plane, r);
      int in_runs = 0;
      for (std::size_t t = 0; t < runs.terms().size(); ++t) {
        const std::uint32_t word = runs.weights(runs.terms()[t], row);
        out[t * key.rows + r] = word;
        in_runs += std::popcount(word);
      }
      plan.before[std::size_t{plane} * key.rows + r] = key.use_and != 0 ? 0 : row.ones() - in_runs - bits;
    }
  }
  return plan;
}

void XnorPlans::resize(std::size_t words) {
  places_.assign(words, {});
  entries_.clear();
}

void XnorPlans::forget(std::size_t address, std::size_t count) {
  for (Entry& entry : entries_) {
    if (entry.key.weights < address + count && address < entry.key.weights + entry.key.words()) entry.valid = false;
  }
}

const XnorPlan& XnorPlans::at(const XnorPlanKey& key, std::span<const std::uint64_t> weights) {
  std::uint32_t& place = places_[key.weights][key.row_pitch == 0 ? 1 : 0];
  if (place == 0) {
    entries_.emplace_back();
    place = static_cast<std::uint32_t>(entries_.size());
  }
  Entry& entry = entries_[place - 1];
  if (!entry.valid || entry.key != key) entry = {key, true, make_plan(key, weights)};
  return entry.plan;
}

}  // namespace blendsim
