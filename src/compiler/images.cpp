// SPDX-License-Identifier: Apache-2.0
// Pass images: the nodes of one image, once more for each further image that the program computes, with maps, inputs,
// outputs and places in DRAM of their own. Constants are the first image's.
//
// One image in flight: its nodes come before the next one's in every order, which needs no more memory than one image;
// units still go on to the next one as soon as what they would overwrite is read. Several: depend lets an image begin
// when the one so many before it has ended. All of them: streamed constants are loaded once for all images. The nodes
// in front of the first that streams any come image after image, so that of their maps only the last ones wait.
#include <algorithm>

#include "compiler/plan.h"

namespace blendsim::compiler {
namespace {

class Repeater {
 public:
  explicit Repeater(Plan& plan)
      : plan_(plan), nodes_(plan.nodes.next()), maps_(plan.maps.next()), spills_(plan.spills.next()) {}

  void run() {
    for (const Node& node : plan_.nodes) {
      const auto* part = std::get_if<StorePart>(&node.work);
      if (part == nullptr || part->spill.exists()) continue;
      const std::int64_t rows = node.corner.row + node.height;
      outputs_ = std::max(outputs_, part->address + u32(rows * row_pitch(plan_, node, *part)));
    }
    const std::uint32_t scratch = plan_.scratch_bytes;
    plan_.scratch_bytes *= u32(plan_.images);
    for (int image = 1; image < plan_.images; ++image) repeat(image, scratch);
    for (const SpillId s : KeyRange<SpillId>{SpillId(0), spills_}) plan_.spills[s].address = address(s, 0, scratch);
    for (const NodeId n : KeyRange<NodeId>{NodeId(0), nodes_}) move_spill(plan_.nodes[n]);
    if (!plan_.together() || !plan_.shared_from.exists()) return;
    for (const NodeId n : plan_.nodes.keys()) {
      Node& node = plan_.nodes[n];
      node.phase = (node.original.exists() ? node.original : n) < plan_.shared_from ? node.image : plan_.images;
    }
  }

 private:
  // Outputs of all images lie together, behind them what waits in DRAM.
  [[nodiscard]] std::uint32_t address(SpillId first_images, int image, std::uint32_t scratch) const {
    return plan_.spills[first_images].address + u32(plan_.images - 1) * outputs_ + u32(image) * scratch;
  }

  void repeat(int image, std::uint32_t scratch) {
    for (const MapId m : KeyRange<MapId>{MapId(0), maps_}) {
      Map map = plan_.maps[m];
      map.name = image_name(map.name, image);
      plan_.maps.add(std::move(map));
    }
    for (const SpillId s : KeyRange<SpillId>{SpillId(0), spills_})
      plan_.spills.add({of_image(plan_.spills[s].map, image), address(s, image, scratch), plan_.spills[s].rows});
    for (const NodeId n : KeyRange<NodeId>{NodeId(0), nodes_}) plan_.nodes.add(repeated(n, image));
  }

  [[nodiscard]] Node repeated(NodeId n, int image) const {
    Node node = plan_.nodes[n];
    node.image = image;
    node.original = n;
    node.row = plan_.row_of_image(node.row, image);
    const int phases = plan_.nodes[nodes_ - 1].phase + 1;
    if (plan_.in_flight == 1 || phases > 1) node.phase += image * phases, node.stay += image * phases;
    const auto move = [&](View& view) {
      if (view.exists()) view.map = of_image(view.map, image);
    };
    for_views_read(node, move);
    for_views_written(node, move);
    if (auto* part = std::get_if<StorePart>(&node.work)) part->address += u32(image) * outputs_;
    move_spill(node);
    return node;
  }

  // To the spill of its image, and that spill's address.
  void move_spill(Node& node) const {
    const auto spill_of = [&](SpillId s) { return s + node.image * spills_.value(); };
    if (auto* load = std::get_if<LoadPart>(&node.work); load != nullptr && load->spill.exists())
      load->spill = spill_of(load->spill);
    auto* store = std::get_if<StorePart>(&node.work);
    if (store == nullptr || !store->spill.exists()) return;
    store->spill = spill_of(store->spill);
    store->address = plan_.spills[store->spill].address;
  }

  [[nodiscard]] MapId of_image(MapId map, int image) const { return map + image * maps_.value(); }

  Plan& plan_;
  const NodeId nodes_;  // of one image, as many
  const MapId maps_;
  const SpillId spills_;
  std::uint32_t outputs_ = 0;  // bytes of one image's
};

}  // namespace

void repeat_for_images(Plan& plan) {
  if (plan.images > 1) Repeater(plan).run();
}

}  // namespace blendsim::compiler
