// SPDX-License-Identifier: Apache-2.0
// Which layers become one stage, and in which order the groups come.
#include "compiler/group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machines.h"
#include "network_builder.h"

namespace blendsim::compiler {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr LayerId operator""_l(unsigned long long number) { return LayerId(number); }

class Grouping {
 public:
  Grouping() : b_(1), in_(b_.input(16, 8, 8, Format::signed_bits(8))) {}

  TensorId in() const { return in_; }
  TensorId conv(TensorId from) {
    return b_.conv(from, 16, test::NetworkBuilder::square(3, 1, 1), Format::signed_bits(4));
  }
  TensorId post(TensorId a, TensorId b = no_tensor) {
    return b_.post(a, b, true, Format::signed_bits(8), false, {}).fixed;
  }
  TensorId pool(TensorId from) { return b_.pool(from, Pooling::Kind::max, test::NetworkBuilder::square(3, 1, 1)); }

  Groups groups_with_outputs(const std::vector<TensorId>& outputs) {
    for (const TensorId id : outputs) b_.output(id);
    const Platform platform = test::platform_of();
    assignment = assign(b_.net, NetworkFacts(b_.net), platform.machine, nullptr);
    Table<TensorId, LayerId> producer(b_.net.tensors.size());
    for (const LayerId l : layers_of(b_.net)) {
      for (const TensorId id : layer_outputs(layer_of(b_.net, l))) producer[id] = l;
    }
    return group_layers(b_.net, producer, assignment);
  }

  Assignment assignment;

 private:
  test::NetworkBuilder b_;
  TensorId in_;
};

TEST(Groups, take_the_post_processing_that_reads_their_accumulators) {
  Grouping g;
  const TensorId sums = g.conv(g.in()), first = g.post(sums);
  const Groups groups = g.groups_with_outputs({g.post(sums, first)});  // which may read a map of its own group
  EXPECT_THAT(groups.members, ElementsAre(ElementsAre(0_l, 1_l, 2_l)));
  EXPECT_TRUE(groups.unfused.empty());
  EXPECT_FALSE(g.assignment.needs[sums].fixed) << "accumulators are read in place";
}

TEST(Groups, hold_no_convolution_that_reads_their_own_map) {
  Grouping g;
  const TensorId sums = g.conv(g.in()), later = g.conv(g.post(sums));
  const Groups groups = g.groups_with_outputs({g.post(later, sums)});
  EXPECT_THAT(groups.members, ElementsAre(ElementsAre(0_l, 1_l), ElementsAre(2_l, 3_l)));
  EXPECT_THAT(groups.unfused, ElementsAre(Pair(3_l, sums)));
  EXPECT_TRUE(g.assignment.needs[sums].fixed);
}

TEST(Groups, reach_themselves_through_no_other) {
  Grouping g;
  const TensorId sums = g.conv(g.in()), pooled = g.pool(g.post(sums));
  const Groups groups = g.groups_with_outputs({g.post(sums, pooled)});
  EXPECT_THAT(groups.members, ElementsAre(ElementsAre(0_l, 1_l), ElementsAre(2_l), ElementsAre(3_l)));
  EXPECT_THAT(groups.unfused, ElementsAre(Pair(3_l, sums)));
}

TEST(Groups, come_in_the_order_of_their_first_layers_where_there_is_a_choice) {
  Grouping g;
  const TensorId a = g.conv(g.in()), b = g.conv(g.in()), c = g.conv(g.in());
  const TensorId from_c = g.post(c), from_b = g.post(b), from_a = g.post(a);
  const Groups groups = g.groups_with_outputs({from_a, from_b, from_c});
  EXPECT_THAT(groups.members, ElementsAre(ElementsAre(0_l, 5_l), ElementsAre(1_l, 4_l), ElementsAre(2_l, 3_l)));
}

}  // namespace
}  // namespace blendsim::compiler
