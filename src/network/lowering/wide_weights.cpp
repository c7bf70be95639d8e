// SPDX-License-Identifier: Apache-2.0
// Weights of more than 8 signed bits (uint8 or int8 less a zero point): each is a sum of parts of 8 bits over the same
// input, w = w1 + w2 + ..., so a convolution of w1, w2, ... over the input's channels as often is the same one, sum by
// sum. Channels that a part needs no weight of are not repeated. Groups become blocks of whole slices.
#include <algorithm>
#include <numeric>
#include <utility>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

constexpr int lowest_part = -128, highest_part = 127;
constexpr std::size_t slice = 16;  // channels that the machine reads at once

// Unsigned ones beside 2 to 4 bits, whose planes do not mind; a MAC's weights are signed, and signs take a plane more.
bool fits_a_byte(const std::vector<std::int16_t>& values, const Format& input) {
  constexpr int most_planes = 4;
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  return values.empty() || (*lo >= lowest_part && *hi <= highest_part) ||
         (*lo >= 0 && *hi <= 255 && input.bits() <= most_planes && !input.is_bipolar());
}

// Weights [outputs, inputs a group, taps].
struct Blocks {
  std::size_t groups = 1, outputs = 0, inputs = 0, taps = 1;  // inputs: of one group
  std::vector<std::int16_t> values;
};

// `count` groups as one: zeros where an output does not read an input.
Blocks merged(const Blocks& from, std::size_t count) {
  Blocks to{from.groups / count, from.outputs, from.inputs * count, from.taps, {}};
  to.values.assign(to.outputs * to.inputs * to.taps, 0);
  const std::size_t outputs_a_group = from.outputs / from.groups, length = from.inputs * from.taps;
  for (std::size_t o = 0; o < from.outputs; ++o) {
    const auto begin = from.values.begin() + static_cast<std::ptrdiff_t>(o * length);
    const std::size_t place = o / outputs_a_group % count;
    std::copy_n(begin, length, to.values.begin() + static_cast<std::ptrdiff_t>((o * count + place) * length));
  }
  return to;
}

// How many groups make blocks whose channels and outputs are whole slices; all of them where none do.
std::size_t groups_of_slices(const Blocks& b) {
  for (std::size_t count = 1; count < b.groups; ++count) {
    const bool whole = b.inputs * count % slice == 0 && b.outputs / b.groups * count % slice == 0;
    if (b.groups % count == 0 && whole) return count;
  }
  return b.groups;
}

// The parts of each weight: the first is the nearest byte, the next that of the rest.
std::vector<std::vector<std::int16_t>> parts_of(std::vector<std::int16_t> rest) {
  std::vector<std::vector<std::int16_t>> parts;
  while (std::any_of(rest.begin(), rest.end(), [](std::int16_t w) { return w != 0; })) {
    std::vector<std::int16_t>& part = parts.emplace_back();
    for (std::int16_t& w : rest) {
      part.push_back(static_cast<std::int16_t>(std::clamp<int>(w, lowest_part, highest_part)));
      w = static_cast<std::int16_t>(w - part.back());
    }
  }
  return parts;
}

// Input channels of a group that have a weight other than 0.
std::vector<std::size_t> channels_read(const Blocks& b, const std::vector<std::int16_t>& part) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < b.inputs; ++i) {
    bool reads = false;
    for (std::size_t o = 0; o < b.outputs; ++o) {
      const auto begin = part.begin() + static_cast<std::ptrdiff_t>((o * b.inputs + i) * b.taps);
      reads = reads || std::any_of(begin, begin + static_cast<std::ptrdiff_t>(b.taps), [](auto w) { return w != 0; });
    }
    if (reads) out.push_back(i);
  }
  return out;
}

std::size_t slices(std::size_t channels) { return (channels + slice - 1) / slice; }

// The weights of each part for the channels that stand for it, one part behind the other.
std::vector<std::int16_t> side_by_side(const Blocks& b, const std::vector<std::vector<std::int16_t>>& parts,
                                       const std::vector<std::vector<std::size_t>>& channels) {
  std::vector<std::int16_t> out;
  for (std::size_t o = 0; o < b.outputs; ++o) {
    for (std::size_t p = 0; p < parts.size(); ++p) {
      for (const std::size_t i : channels[p]) {
        const auto begin = parts[p].begin() + static_cast<std::ptrdiff_t>((o * b.inputs + i) * b.taps);
        out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(b.taps));
      }
    }
  }
  return out;
}

}  // namespace

// A map of those channels, [groups, sources], each counted within its group, on the same grid.
MapPtr Lowerer::picked(const Value& x, const std::vector<std::size_t>& sources, std::size_t groups,
                       const std::string& name) {
  const Map& from = *x.map;
  const std::size_t inputs = static_cast<std::size_t>(from.channels) / groups;
  auto sums = std::make_shared<Map>(), map = std::make_shared<Map>();
  for (const MapPtr& m : {sums, map}) {
    m->channels = static_cast<int>(sources.size() * groups);
    m->height = from.height;
    m->width = from.width;
    m->domain.step = from.domain.step;
  }
  Convolution work;
  work.groups = static_cast<int>(groups);
  work.weight_format = Format::signed_bits(2);
  for (std::size_t g = 0; g < groups; ++g) {
    for (const std::size_t source : sources) {
      for (std::size_t i = 0; i < inputs; ++i) work.weights.push_back(i == source ? 1 : 0);
      const std::size_t c = g * inputs + source;
      map->domain.lo.push_back(from.domain.lo[c]);
      map->domain.hi.push_back(from.domain.hi[c]);
      sums->domain.lo.push_back(from.domain.lo[c] - from.zero_point);
      sums->domain.hi.push_back(from.domain.hi[c] - from.zero_point);
    }
  }
  sums->name = name + ":sums";
  sums->format = Format::signed_bits(32);
  sums->accumulator = true;
  work.input = builder_.write(x.map);
  work.output = builder_.add_tensor(*sums);
  builder_.add_layer(name, "Conv", chain_nodes(x), work);
  map->name = map->layer_name = name;
  map->format = from.format;
  map->zero_point = from.zero_point;
  map->scale = from.scale;
  map->recipe = builder_.on_top(sums);
  Affine q;
  q.multiplier.assign(map->domain.channels(), 1);
  q.offset.assign(map->domain.channels(), from.zero_point);
  q.shift.assign(map->domain.channels(), 0);
  q.lo = map->domain.lowest();
  q.hi = map->domain.highest();
  map->recipe->q1 = q;
  builder_.write(map);
  return map;
}

// Maps of one grid, channels behind channels.
MapPtr Lowerer::side_by_side(const std::vector<MapPtr>& maps, const Value& x, const std::string& name) {
  Concatenation work;
  auto map = std::make_shared<Map>();
  map->name = name;
  map->height = x.map->height;
  map->width = x.map->width;
  map->format = x.map->format;
  map->zero_point = x.map->zero_point;
  map->scale = x.map->scale;
  map->domain.step = x.map->domain.step;
  for (const MapPtr& part : maps) {
    work.inputs.push_back(builder_.write(part));
    map->channels += part->channels;
    map->domain.lo.insert(map->domain.lo.end(), part->domain.lo.begin(), part->domain.lo.end());
    map->domain.hi.insert(map->domain.hi.end(), part->domain.hi.begin(), part->domain.hi.end());
  }
  work.output = builder_.add_tensor(*map);
  builder_.add_layer(name, "Concat", chain_nodes(x), work);
  return map;
}

void Lowerer::spread_weights(Value& x, IntegerWeights& weights, Convolution& work, const std::string& node) {
  if (fits_a_byte(weights.values, x.map->format)) {
    if (weights.format.bits() <= 8) return;
    const auto most = *std::max_element(weights.values.begin(), weights.values.end());
    weights.format = most > highest_part ? Format::unsigned_bits(8) : Format::signed_bits(8);
    return;
  }
  const auto channels = static_cast<std::size_t>(x.map->channels);
  Blocks b;
  b.groups = static_cast<std::size_t>(work.groups);
  b.inputs = channels / b.groups;
  b.taps = static_cast<std::size_t>(work.window.kernel_h * work.window.kernel_w);
  b.outputs = weights.values.size() / (b.inputs * b.taps);
  b.values = std::move(weights.values);
  const bool binary = x.map->format.is_bipolar();  // a pick of bits would have to be rounded to bits again
  b = merged(b, binary ? b.groups : groups_of_slices(b));
  const std::vector<std::vector<std::int16_t>> parts = parts_of(b.values);
  std::vector<std::size_t> all(b.inputs);
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::vector<std::size_t>> read{all};
  std::vector<MapPtr> maps{x.map};
  std::vector<std::size_t> repeated = all;
  for (std::size_t p = 1; p < parts.size(); ++p) {
    std::vector<std::size_t> some = channels_read(b, parts[p]);
    const bool fewer = !binary && b.groups == 1 && slices(some.size()) < slices(b.inputs);
    read.push_back(fewer ? std::move(some) : all);
    repeated.insert(repeated.end(), read.back().begin(), read.back().end());
    const std::string name = node + ":part" + std::to_string(p);
    if (b.groups == 1) maps.push_back(fewer ? picked(x, read.back(), 1, name) : x.map);
  }
  x.map = b.groups == 1 ? side_by_side(maps, x, node + ":parts") : picked(x, repeated, b.groups, node + ":parts");
  work.groups = static_cast<int>(b.groups);
  weights.values = lowering::side_by_side(b, parts, read);
  weights.format = Format::signed_bits(8);
}

}  // namespace blendsim::lowering
