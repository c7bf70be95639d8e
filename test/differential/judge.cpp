// SPDX-License-Identifier: Apache-2.0
#include "judge.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bracket.h"
#include "definitions.h"

namespace blendsim::differential {

namespace {

constexpr int answer_limit_ms = 60'000;

// Tensors of the file that stand for maps; comparisons give booleans, which do not.
std::set<std::string> float_tensors(const onnx::ModelProto& model) {
  static const std::set<std::string> others{"GreaterOrEqual", "Greater", "LessOrEqual", "Less", "Not",
                                            "Shape",          "Constant"};
  std::set<std::string> names, constants;
  for (const auto& c : model.graph().initializer()) constants.insert(c.name());
  for (const auto& node : model.graph().node()) {
    bool computed = false;
    for (const std::string& input : node.input()) computed = computed || !(input.empty() || constants.contains(input));
    for (const std::string& output : node.output()) {
      if (!computed) constants.insert(output);
      else if (!others.contains(node.op_type())) names.insert(output);
    }
  }
  return names;
}

}  // namespace

bool Judge::available() {
  return std::filesystem::exists(BLENDSIM_NODE_MODULES "/onnxruntime-node") &&
         std::system("node --version >/dev/null 2>&1") == 0;
}

Judge::Judge() { start(); }
Judge::~Judge() { stop(); }

void Judge::start() {
  int down[2], up[2];
  if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(down[0], 0);
    ::dup2(up[1], 1);
    ::execlp("node", "node", BLENDSIM_SOURCE "/test/ort/serve.mjs", nullptr);
    ::_exit(127);
  }
  ::close(down[0]);
  ::close(up[1]);
  to_ = down[1];
  from_ = up[0];
  ::signal(SIGPIPE, SIG_IGN);
}

void Judge::stop() {
  if (child_ < 0) return;
  ::close(to_);
  ::close(from_);
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  child_ = -1;
  pending_.clear();
}

void Judge::send(const std::string& bytes) const {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::write(to_, bytes.data() + at, bytes.size() - at);
    if (n <= 0) throw std::runtime_error("the judge has ended");
    at += static_cast<std::size_t>(n);
  }
}

void Judge::fill() {
  pollfd waits{from_, POLLIN, 0};
  char buffer[65536];
  const ssize_t n = ::poll(&waits, 1, answer_limit_ms) == 1 ? ::read(from_, buffer, sizeof buffer) : 0;
  if (n <= 0) throw std::runtime_error("the judge gives no answer");
  pending_.append(buffer, static_cast<std::size_t>(n));
}

std::string Judge::receive(std::size_t count) {
  while (pending_.size() < count) fill();
  std::string out = pending_.substr(0, count);
  pending_.erase(0, count);
  return out;
}

std::string Judge::receive_line() {
  std::size_t end = 0;
  while ((end = pending_.find('\n')) == std::string::npos) fill();
  std::string out = receive(end + 1);
  out.pop_back();
  return out;
}

std::map<std::string, FloatArray> Judge::run(const std::string& model_bytes, const FloatArray& input) {
  const std::string values(reinterpret_cast<const char*>(input.values.data()), input.values.size() * sizeof(float));
  const nlohmann::json request{{"model", model_bytes.size()}, {"input", values.size()}, {"dims", input.shape}};
  nlohmann::json answer;
  std::map<std::string, FloatArray> out;
  try {
    send(request.dump() + "\n" + model_bytes + values);
    answer = nlohmann::json::parse(receive_line());
    for (const auto& output : answer.value("outputs", nlohmann::json::array())) {
      FloatArray array{output.at("dims").get<Shape>(), {}};
      const std::string bytes = receive(output.at("bytes").get<std::size_t>());
      array.values.resize(bytes.size() / sizeof(float));
      std::memcpy(array.values.data(), bytes.data(), bytes.size());
      out.emplace(output.at("name").get<std::string>(), std::move(array));
    }
  } catch (const std::exception& error) {
    stop();
    start();
    throw std::runtime_error(error.what());
  }
  if (answer.contains("error")) throw std::runtime_error(answer["error"].get<std::string>());
  return out;
}

Judgement Judge::judge(const std::string& model_bytes, const Traits& traits, const FloatArray& input) {
  onnx::ModelProto model;
  if (!model.ParseFromString(model_bytes)) throw std::invalid_argument("the bytes are no ONNX model");
  const onnx::ModelProto complete = bracketed(in_standard_operators(model), traits, float_tensors(model));
  Judgement out;
  std::map<std::string, FloatArray> tensors = run(complete.SerializeAsString(), input);
  for (auto& [name, array] : tensors) {
    const auto mark = name.find("//");
    if (mark == std::string::npos) {
      out[name].array = std::move(array);
    } else if (name.substr(mark) == low_suffix) {
      out[name.substr(0, mark)].low = std::move(array.values);
    } else {
      out[name.substr(0, mark)].high = std::move(array.values);
    }
  }
  return out;
}

}  // namespace blendsim::differential
