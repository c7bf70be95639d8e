// SPDX-License-Identifier: Apache-2.0
// A SystemVerilog module as a C++ object: verilated, compiled and loaded when a test first asks for it.
//
// One program meets machines of many platforms, whose ports differ in width, and platforms that it has never heard of
// (a compiled program brings its own). So a module is built as a shared object behind a table of its ports, and kept in
// a cache by the digest of everything that it was built from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace blendsim::conformance {

// A port of the module: an integer of `width` bits, in place.
class Port {
 public:
  Port() = default;
  Port(std::string name, int width, std::uint8_t* data, std::size_t bytes)
      : name_(std::move(name)), width_(width), data_(data), bytes_(bytes) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int width() const { return width_; }
  // At most 64 bits from bit `offset` on.
  [[nodiscard]] std::uint64_t get(int offset, int count) const;
  [[nodiscard]] std::uint64_t get() const { return get(0, width_ < 64 ? width_ : 64); }
  [[nodiscard]] bool any() const;  // is a bit set?
  void set(std::uint64_t value);   // the lowest 64 bits; those above become 0
  void set(int offset, int count, std::uint64_t value);
  void set_bytes(const std::uint8_t* bytes, std::size_t count);  // little end first
  // `count` bytes from bit `offset`, a multiple of 8, on.
  [[nodiscard]] const std::uint8_t* bytes(int offset) const { return data_ + offset / 8; }

 private:
  std::string name_;
  int width_ = 0;
  std::uint8_t* data_ = nullptr;
  std::size_t bytes_ = 0;
};

// What RtlMachine runs: the machine in Verilator, or a netlist of it (test/activity).
class Module {
 public:
  virtual ~Module() = default;
  // Throws std::runtime_error where the module has no such port.
  [[nodiscard]] virtual Port port(std::string_view name) const = 0;
  // What follows from the inputs as they stand, registers unchanged.
  virtual void settle() = 0;
  // One rising edge of `clk`. What follows is seen after settle().
  virtual void edge() = 0;
  // Messages of failed assertions since the last call.
  [[nodiscard]] virtual std::string take_errors() { return {}; }
  // Waveforms of everything below the module, one time unit a cycle, until close_trace(), where it can write them.
  virtual void open_trace(const std::string& /*file*/) {}
  virtual void dump(std::uint64_t /*cycle*/) {}
  virtual void close_trace() {}
};

struct RtlSource {
  std::string top;
  std::string package;                  // text of blendsim_pkg.sv; empty: the module takes none
  std::vector<std::string> parameters;  // "NAME=VALUE" of the top module
  enum class Use : std::uint8_t {
    compare,  // assertions on, quickly compiled
    trace,    // also writes a VCD; slower
    time      // no assertions, compiled to run fast
  };
  Use use = Use::compare;
};

class RtlModule final : public Module {
 public:
  [[nodiscard]] static bool available();  // is there a Verilator?
  // Builds it where the cache has none. Throws std::runtime_error with Verilator's or the compiler's words.
  explicit RtlModule(const RtlSource& source);
  ~RtlModule() override;
  RtlModule(const RtlModule&) = delete;
  RtlModule& operator=(const RtlModule&) = delete;

  [[nodiscard]] Port port(std::string_view name) const override;
  [[nodiscard]] const std::vector<Port>& ports() const { return ports_; }
  void settle() override;
  void edge() override;
  [[nodiscard]] std::string take_errors() override;
  // Modules built for Use::trace only.
  void open_trace(const std::string& file) override;
  void dump(std::uint64_t cycle) override;
  void close_trace() override;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  std::vector<Port> ports_;
  Port clk_;
};

}  // namespace blendsim::conformance
