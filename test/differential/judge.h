// SPDX-License-Identifier: Apache-2.0
// What the file means: ONNX Runtime on it, every tensor, QONNX's operators written out by their definitions.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "draft.h"
#include "tensor/array.h"

namespace blendsim::differential {

// A tensor of the file as the judge computes it. low and high, where not empty: what another order of a float sum might
// have given; `values` is certain only where they agree.
struct Judged {
  FloatArray array;
  std::vector<float> low, high;
};
using Judgement = std::map<std::string, Judged>;

// ONNX Runtime in a Node process of its own (test/ort/serve.mjs), kept for many models.
class Judge {
 public:
  static bool available();  // node and its module are installed
  Judge();
  ~Judge();
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  // Every tensor of the file's nodes. Throws std::runtime_error: ONNX Runtime refuses the model; std::invalid_argument.
  [[nodiscard]] Judgement judge(const std::string& model_bytes, const Traits& traits, const FloatArray& input);

 private:
  void start();
  void stop();
  void send(const std::string& bytes) const;
  [[nodiscard]] std::string receive(std::size_t count);
  [[nodiscard]] std::string receive_line();
  void fill();
  std::map<std::string, FloatArray> run(const std::string& model_bytes, const FloatArray& input);

  pid_t child_ = -1;
  int to_ = -1, from_ = -1;
  std::string pending_;
};

}  // namespace blendsim::differential
