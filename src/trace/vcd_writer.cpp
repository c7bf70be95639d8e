// SPDX-License-Identifier: Apache-2.0
// IEEE 1364 value change dump, one time unit a cycle. Texts are variables of GTKWave's type `string`.
#include <fmt/format.h>

#include <vector>

#include "trace/file.h"
#include "trace/wave_writer.h"

namespace blendsim {
namespace {

// Identifiers of printable characters, the shortest first.
std::string identifier(std::uint32_t number) {
  constexpr std::uint32_t first = '!', count = '~' - '!' + 1;
  std::string out;
  for (std::uint32_t rest = number + 1; rest > 0; rest = (rest - 1) / count)
    out += static_cast<char>(first + (rest - 1) % count);
  return out;
}

class Vcd final : public WaveWriter {
 public:
  explicit Vcd(const std::string& path) : file_(path) {
    file_.append("$version BlendSim $end\n$comment one time unit is one cycle $end\n$timescale 1ps $end\n");
  }
  void open_scope(std::string_view name) override { file_.append(fmt::format("$scope module {} $end\n", name)); }
  void close_scope() override { file_.append("$upscope $end\n"); }
  Signal declare_bits(std::string_view name, int width) override {
    return declare("wire", width, name, width > 1 ? fmt::format(" [{}:0]", width - 1) : "");
  }
  Signal declare_text(std::string_view name) override { return declare("string", 1, name, ""); }
  void end_declarations() override { file_.append("$enddefinitions $end\n"); }

  void time(Cycles at) override { fmt::format_to(std::back_inserter(file_.buffer()), "#{}\n", at); }
  void set(Signal signal, std::uint64_t value) override {
    const Declared& s = signals_[signal];
    std::string& out = file_.buffer();
    if (s.width == 1) out += value != 0 ? '1' : '0';
    else fmt::format_to(std::back_inserter(out), "b{:b} ", value);
    out += s.id;
    out += '\n';
    file_.flush_if_full();
  }
  // White space would end a value: what is no printable character is written in octal.
  void set_text(Signal signal, std::string_view text) override {
    std::string& out = file_.buffer();
    out += 's';
    for (const char c : text) {
      if (c > ' ' && c <= '~' && c != '\\') out += c;
      else fmt::format_to(std::back_inserter(out), "\\{:03o}", static_cast<unsigned char>(c));
    }
    out += ' ';
    out += signals_[signal].id;
    out += '\n';
    file_.flush_if_full();
  }
  void pause() override {
    file_.append("$dumpoff\n");
    for (const Declared& s : signals_) {
      if (s.width > 0) file_.append(s.width == 1 ? fmt::format("x{}\n", s.id) : fmt::format("bx {}\n", s.id));
      else file_.append(fmt::format("s {}\n", s.id));
    }
    file_.append("$end\n");
  }
  void resume() override { /* the values that follow are enough */
  }
  [[nodiscard]] std::int64_t bytes() const override { return file_.bytes(); }
  void close() override { file_.close(); }

 private:
  struct Declared {
    std::string id;
    int width = 0;  // 0: text
  };
  Signal declare(std::string_view type, int width, std::string_view name, std::string_view range) {
    const auto signal = static_cast<Signal>(signals_.size());
    signals_.push_back({identifier(signal), type == "string" ? 0 : width});
    file_.append(fmt::format("$var {} {} {} {}{} $end\n", type, width, signals_.back().id, name, range));
    return signal;
  }

  OutputFile file_;
  std::vector<Declared> signals_;
};

}  // namespace

std::unique_ptr<WaveWriter> open_vcd_writer(const std::string& file) { return std::make_unique<Vcd>(file); }

}  // namespace blendsim
