// SPDX-License-Identifier: Apache-2.0
#include "rtl_module.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "base/digest.h"

namespace blendsim::conformance {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Where sources lie and built modules are kept; CMake gives both.
const fs::path source_root = BLENDSIM_SOURCE;
fs::path cache_root() {
  const char* chosen = std::getenv("BLENDSIM_RTL_CACHE");
  return chosen != nullptr ? chosen : BLENDSIM_RTL_CACHE;
}

std::vector<fs::path> sources() {
  std::vector<fs::path> files;
  for (const char* folder : {"rtl", "test/conformance/rtl"}) {
    if (!fs::exists(source_root / folder)) continue;
    for (const auto& entry : fs::directory_iterator(source_root / folder)) {
      if (entry.path().extension() == ".sv") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// One file holds a module under the name that is looked for in the search path, so all of them count.
std::string digest_of(const RtlSource& source) {
  Digest digest;
  digest.add(source.top).add(source.package).add(static_cast<std::int64_t>(source.use));
  for (const std::string& parameter : source.parameters) digest.add(parameter);
  for (const fs::path& file : sources()) digest.add(file.filename().string()).add(read_text(file));
  for (const char* file : {"rtl_module_shell.cpp", "rtl_module.cpp"}) {
    digest.add(read_text(source_root / "test/conformance/machine" / file));
  }
  return digest.hex().substr(0, 16);
}

void run(const std::string& command, const fs::path& log) {
  const std::string whole = command + " >> '" + log.string() + "' 2>&1";
  if (std::system(whole.c_str()) == 0) return;
  const std::string text = read_text(log);
  throw std::runtime_error("failed: " + command + "\n" +
                           text.substr(text.size() - std::min<std::size_t>(text.size(), 4000)));
}

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// `VL_OUTW(&name,msb,lsb,words);` in Vrtl.h becomes BLENDSIM_PORT(name, width): the shell's table.
void write_port_list(const fs::path& objects) {
  const std::regex port(R"(VL_(?:IN|OUT)\w*\(&(\w+),(\d+),(\d+))");
  const std::string header = read_text(objects / "Vrtl.h");
  std::ofstream list(objects / "rtl_ports.h");
  for (std::sregex_iterator at(header.begin(), header.end(), port), end; at != end; ++at) {
    list << "BLENDSIM_PORT(" << (*at)[1] << ", " << std::stoi((*at)[2]) - std::stoi((*at)[3]) + 1 << ")\n";
  }
}

// verilated.mk builds an executable from the module and the shell; linked with -shared it is one that can be loaded.
void build(const RtlSource& source, const fs::path& folder) {
  const fs::path log = folder / "build.log", package = folder / "blendsim_pkg.sv";
  std::string command = "verilator --cc --exe -O3 --x-assign fast --x-initial unique --output-split 20000 -Wno-fatal";
  command +=
      " --no-timing --prefix Vrtl -o module.so -Mdir " + quoted(folder / "objects") + " --top-module " + source.top;
  if (source.use != RtlSource::Use::time) command += " --assert";
  if (source.use == RtlSource::Use::trace) command += " --trace --trace-structs -CFLAGS -DBLENDSIM_TRACE";
  for (const std::string& parameter : source.parameters) command += " '-G" + parameter + "'";
  command += " -CFLAGS '-fPIC -fno-gnu-unique -fvisibility=hidden -DVL_USER_STOP' -LDFLAGS '-shared -Wl,-Bsymbolic'";
  command += " -y " + quoted(source_root / "rtl") + " -y " + quoted(source_root / "test/conformance/rtl");
  if (!source.package.empty()) {
    std::ofstream(package) << source.package;
    command += " " + quoted(package);
  }
  for (const char* place : {"rtl", "test/conformance/rtl"}) {
    const fs::path file = source_root / place / (source.top + ".sv");
    if (fs::exists(file)) command += " " + quoted(file);
  }
  command += " " + quoted(source_root / "test/conformance/machine/rtl_module_shell.cpp");
  run(command, log);
  write_port_list(folder / "objects");
  const bool cached = std::system("command -v ccache > /dev/null 2>&1") == 0;
  // verilated.mk puts its own -Os behind every -CFLAGS. What runs for seconds is compiled with -O1, what runs once with
  // -O0.
  const bool fast = source.use == RtlSource::Use::time;
  const std::string optimise =
      fast ? " OPT_FAST=-O3 OPT_SLOW=-O0 OPT_GLOBAL=-O2" : " OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1";
  run("make -C " + quoted(folder / "objects") + " -f Vrtl.mk -j 2" + optimise + (cached ? " OBJCACHE=ccache" : ""),
      log);
  fs::rename(folder / "objects/module.so", folder / "module.so");
  fs::remove_all(folder / "objects");
}

// The shared object; two processes that want the same one build it once.
fs::path provide(const RtlSource& source) {
  const fs::path folder = cache_root() / (source.top + "-" + digest_of(source));
  fs::create_directories(folder);
  const int lock = open((folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) throw std::runtime_error("cannot lock " + folder.string());
  try {
    if (!fs::exists(folder / "module.so")) {
      std::cerr << "verilating " << source.top << ", which takes a minute or several, into " << folder.string()
                << std::endl;
      build(source, folder);
    }
  } catch (...) {
    close(lock);
    throw;
  }
  close(lock);
  return folder / "module.so";
}

}  // namespace

std::uint64_t Port::get(int offset, int count) const {
  std::uint64_t low = 0, high = 0;
  const auto first = static_cast<std::size_t>(offset / 8);
  std::memcpy(&low, data_ + first, std::min<std::size_t>(8, bytes_ - first));
  const int shift = offset % 8;
  low >>= shift;
  if (shift + count > 64) {
    high = data_[first + 8];
    low |= high << (64 - shift);
  }
  return count < 64 ? low & ((std::uint64_t{1} << count) - 1) : low;
}

bool Port::any() const {
  return std::any_of(data_, data_ + bytes_, [](std::uint8_t byte) { return byte != 0; });
}

void Port::set(std::uint64_t value) {
  std::memset(data_, 0, bytes_);
  std::memcpy(data_, &value, std::min<std::size_t>(8, bytes_));
}

void Port::set(int offset, int count, std::uint64_t value) {
  for (int bit = 0; bit < count; ++bit) {
    std::uint8_t& byte = data_[(offset + bit) / 8];
    const auto mask = static_cast<std::uint8_t>(1 << (offset + bit) % 8);
    byte = static_cast<std::uint8_t>((value >> bit & 1) != 0 ? byte | mask : byte & ~mask);
  }
}

void Port::set_bytes(const std::uint8_t* bytes, std::size_t count) {
  std::memset(data_, 0, bytes_);
  std::memcpy(data_, bytes, std::min(count, bytes_));
}

// The functions of rtl_module_shell.cpp.
struct RtlModule::Library {
  void* handle = nullptr;
  void* module = nullptr;
  void (*destroy)(void*) = nullptr;
  void (*eval)(void*) = nullptr;
  const char* (*errors)(void*) = nullptr;
  void (*trace_open)(void*, const char*) = nullptr;
  void (*trace_dump)(void*, unsigned long) = nullptr;
  void (*trace_close)(void*) = nullptr;

  explicit Library(const fs::path& file) : handle(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle == nullptr) throw std::runtime_error(dlerror());
    find(destroy, "rtl_destroy");
    find(eval, "rtl_eval");
    find(errors, "rtl_errors");
    find(trace_open, "rtl_trace_open");
    find(trace_dump, "rtl_trace_dump");
    find(trace_close, "rtl_trace_close");
  }
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    if (function == nullptr) throw std::runtime_error(std::string(name) + " is missing in a verilated module");
  }
};

bool RtlModule::available() {
  static const bool found = std::system("command -v verilator > /dev/null 2>&1") == 0;
  return found;
}

RtlModule::RtlModule(const RtlSource& source) : library_(std::make_unique<Library>(provide(source))) {
  using Visit = void (*)(void*, const char*, int, void*, unsigned long);
  void* (*create)(Visit, void*) = nullptr;
  library_->find(create, "rtl_create");
  library_->module = create(
      [](void* self, const char* name, int width, void* data, unsigned long bytes) {
        static_cast<RtlModule*>(self)->ports_.emplace_back(name, width, static_cast<std::uint8_t*>(data), bytes);
      },
      this);
  clk_ = port("clk");
}

// The object stays loaded: Verilator's run-time library keeps thread-local data that refers to it.
RtlModule::~RtlModule() { library_->destroy(library_->module); }

Port RtlModule::port(std::string_view name) const {
  for (const Port& port : ports_) {
    if (port.name() == name) return port;
  }
  throw std::runtime_error("the verilated module has no port " + std::string(name));
}

void RtlModule::settle() { library_->eval(library_->module); }

void RtlModule::edge() {
  clk_.set(1);
  library_->eval(library_->module);
  clk_.set(0);
  library_->eval(library_->module);
}

std::string RtlModule::take_errors() { return library_->errors(library_->module); }
void RtlModule::open_trace(const std::string& file) { library_->trace_open(library_->module, file.c_str()); }
void RtlModule::dump(std::uint64_t cycle) { library_->trace_dump(library_->module, cycle); }
void RtlModule::close_trace() { library_->trace_close(library_->module); }

}  // namespace blendsim::conformance
