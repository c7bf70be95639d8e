// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/builder.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

namespace blendsim::lowering {

void merge(Exactness& into, const Exactness& other) {
  into.exact = into.exact && other.exact;
  into.checked += other.checked;
  into.differing += other.differing;
  into.ambiguous += other.ambiguous;
  into.max_error = std::max(into.max_error, other.max_error);
  if (other.note.empty() || into.note.find(other.note) != std::string::npos) return;
  into.note += (into.note.empty() ? "" : "; ") + other.note;
}

void append(std::vector<std::string>& into, const std::vector<std::string>& nodes) {
  for (const std::string& node : nodes) {
    if (std::find(into.begin(), into.end(), node) == into.end()) into.push_back(node);
  }
}

std::string Builder::unique(std::set<std::string>& taken, const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; !taken.insert(name).second; ++i) name = wanted + ":" + std::to_string(i);
  return name;
}

TensorId Builder::add_tensor(Map& map) {
  IntTensor t;
  t.name = unique(tensor_names_, map.name);
  t.channels = map.channels;
  t.height = map.height;
  t.width = map.width;
  t.format = map.format;
  t.lo = map.domain.lowest();
  t.hi = map.domain.highest();
  t.zero_point = map.zero_point;
  t.scale = map.scale;
  network.tensors.push_back(t);
  map.tensor = static_cast<TensorId>(network.tensors.size() - 1);
  return map.tensor;
}

void Builder::add_layer(std::string name, std::string op, std::vector<std::string> nodes, decltype(Layer::work) work,
                        Exactness exactness) {
  Layer layer;
  layer.name = unique(layer_names_, name);
  layer.op = std::move(op);
  layer.nodes = std::move(nodes);
  layer.work = std::move(work);
  layer.exactness = std::move(exactness);
  network.layers.push_back(std::move(layer));
}

void Builder::emit(const MapPtr& map) {
  if (map->layer >= 0) return;
  add_layer(map->layer_name, "Post", map->nodes, *map->recipe, map->exactness);
  map->layer = static_cast<int>(network.layers.size() - 1);
}

TensorId Builder::write(const MapPtr& map) {
  if (map->is_written()) return map->tensor;
  emit(map);
  add_tensor(*map);
  std::get<PostProcessing>(network.layers[static_cast<std::size_t>(map->layer)].work).fixed = map->tensor;
  return map->tensor;
}

PostProcessing Builder::on_top(const MapPtr& map) {
  if (map->is_sum() && !map->is_written()) return *map->recipe;
  PostProcessing post;
  post.a = write(map);
  return post;
}

namespace {

// The most steps by which a code moves when its operand moves by `error`: the thresholds that so many integers can
// cross.
std::int64_t code_error(const Coding& coding, std::int64_t error, std::int64_t lo, std::int64_t hi) {
  if (error == 0) return 0;
  std::int64_t most = 1;
  for (std::int64_t u = lo; coding.table && u <= hi; ++u) {
    for (std::int64_t other = u; other <= std::min(hi, u + error); ++other)
      most = std::max(most, std::abs(coding.table->at(u) - coding.table->at(other)));
  }
  const std::optional<Thresholds>& thresholds = coding.thresholds;
  const auto levels = thresholds ? static_cast<std::size_t>(thresholds->levels) : 0;
  for (std::size_t row = 0; levels > 0 && row < thresholds->values.size(); row += levels) {
    const auto at = thresholds->values.begin() + static_cast<std::ptrdiff_t>(row);
    for (std::size_t k = 0; k < levels; ++k) {
      const auto end = std::upper_bound(at, at + static_cast<std::ptrdiff_t>(levels), at[k] + error - 1);
      most = std::max<std::int64_t>(most, end - (at + static_cast<std::ptrdiff_t>(k)));
    }
  }
  return most;
}

}  // namespace

void Builder::write_code(const MapPtr& source, const Coding& coding, const MapPtr& code) {
  add_tensor(*code);
  if (source->recipe) {
    emit(source);
    Layer& layer = network.layers[static_cast<std::size_t>(source->layer)];
    auto& post = std::get<PostProcessing>(layer.work);
    if (post.code == no_tensor) {
      post.code = code->tensor;
      post.thresholds = coding.thresholds;
      post.table = coding.table;
      Exactness& claim = layer.exactness;  // the source's error counts its own units
      claim.max_error = std::max(
          claim.max_error, code_error(coding, claim.max_error, source->domain.lowest(), source->domain.highest()));
      merge(claim, code->exactness);
      append(layer.nodes, code->nodes);
      return;
    }
  }
  PostProcessing post;
  post.a = write(source);
  post.code = code->tensor;
  post.thresholds = coding.thresholds;
  post.table = coding.table;
  add_layer(code->layer_name, "Post", code->nodes, post, code->exactness);
}

void Builder::rename(const MapPtr& map, const std::string& name) {
  IntTensor& t = network.tensors[static_cast<std::size_t>(map->tensor)];
  tensor_names_.erase(t.name);
  t.name = unique(tensor_names_, name);
}

namespace {

bool looks_up_alone(const PostProcessing& post) {
  return post.table && post.fixed == no_tensor && post.b == no_tensor && !post.q1 && !post.q3 && !post.activation;
}

// A table of a map that another post-processing writes for it alone is that one's last step. Returns the maps that
// nobody has any more.
std::vector<TensorId> take_in_tables(IntegerNetwork& network) {
  std::map<TensorId, int> readers;
  for (const TensorId id : network.output_tensors) ++readers[id];
  for (const Layer& layer : network.layers) {
    for (const TensorId id : layer_inputs(layer)) ++readers[id];
  }
  std::vector<TensorId> gone;
  std::vector<Layer> kept;
  std::map<TensorId, std::size_t> writer;  // among those that are kept
  for (Layer& layer : network.layers) {
    const auto* post = std::get_if<PostProcessing>(&layer.work);
    const auto found =
        post != nullptr && looks_up_alone(*post) && readers[post->a] == 1 ? writer.find(post->a) : writer.end();
    const std::size_t at = found != writer.end() ? found->second : kept.size();
    auto* maker = found != writer.end() ? std::get_if<PostProcessing>(&kept[at].work) : nullptr;
    if (maker == nullptr || maker->fixed != post->a || maker->code != no_tensor) {
      for (const TensorId id : layer_outputs(layer)) writer[id] = kept.size();
      kept.push_back(std::move(layer));
      continue;
    }
    writer[post->code] = at;
    const IntTensor& u = network.tensor(post->a);
    gone.push_back(std::exchange(maker->fixed, no_tensor));
    maker->code = post->code;
    maker->table = post->table;
    Exactness& claim = kept[at].exactness;
    claim.max_error = std::max(claim.max_error, code_error({{}, post->table}, claim.max_error, u.lo, u.hi));
    merge(claim, layer.exactness);
    append(kept[at].nodes, layer.nodes);
  }
  network.layers = std::move(kept);
  return gone;
}

}  // namespace

void Builder::remove_unused() {
  std::vector<bool> needed(network.tensors.size(), false);
  needed[static_cast<std::size_t>(network.input_tensor)] = true;
  for (const TensorId id : network.output_tensors) needed[static_cast<std::size_t>(id)] = true;
  const auto is_needed = [&](TensorId id) { return id != no_tensor && needed[static_cast<std::size_t>(id)]; };
  std::vector<Layer> kept;
  for (auto layer = network.layers.rbegin(); layer != network.layers.rend(); ++layer) {
    if (auto* post = std::get_if<PostProcessing>(&layer->work)) {
      if (!is_needed(post->fixed)) post->fixed = no_tensor;
      if (!is_needed(post->code)) {
        post->code = no_tensor;
        post->thresholds.reset();
        post->table.reset();
      }
    }
    const auto outputs = layer_outputs(*layer);
    if (std::none_of(outputs.begin(), outputs.end(), is_needed)) continue;
    for (const TensorId id : layer_inputs(*layer)) needed[static_cast<std::size_t>(id)] = true;
    kept.push_back(std::move(*layer));
  }
  std::reverse(kept.begin(), kept.end());
  network.layers = std::move(kept);
  for (const TensorId id : take_in_tables(network)) needed[static_cast<std::size_t>(id)] = false;

  std::vector<TensorId> renumbered(network.tensors.size(), no_tensor);
  std::vector<IntTensor> tensors;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i]) continue;
    renumbered[i] = static_cast<TensorId>(tensors.size());
    tensors.push_back(std::move(network.tensors[i]));
  }
  network.tensors = std::move(tensors);
  const auto renumber = [&](TensorId& id) {
    if (id != no_tensor) id = renumbered[static_cast<std::size_t>(id)];
  };
  for (Layer& layer : network.layers) {
    if (auto* conv = std::get_if<Convolution>(&layer.work)) {
      renumber(conv->input);
      renumber(conv->output);
    } else if (auto* post = std::get_if<PostProcessing>(&layer.work)) {
      for (TensorId* id : {&post->a, &post->b, &post->fixed, &post->code}) renumber(*id);
    } else if (auto* pool = std::get_if<Pooling>(&layer.work)) {
      renumber(pool->input);
      renumber(pool->output);
    } else if (auto* turn = std::get_if<Transposition>(&layer.work)) {
      renumber(turn->input);
      renumber(turn->output);
    } else {
      auto& concat = std::get<Concatenation>(layer.work);
      for (TensorId& id : concat.inputs) renumber(id);
      renumber(concat.output);
    }
  }
  renumber(network.input_tensor);
  for (TensorId& id : network.output_tensors) renumber(id);
}

}  // namespace blendsim::lowering
