// SPDX-License-Identifier: Apache-2.0
// The C side of a verilated module (class Vrtl): what rtl_module.cpp loads. Compiled by Verilator's make with the
// module.
//
// rtl_ports.h is the module's list of ports, written from Vrtl.h, so the shell serves every module.
#include <string>

#include "Vrtl.h"
#include "verilated.h"
#ifdef BLENDSIM_TRACE
#include "verilated_vcd_c.h"
#endif

namespace {

std::string messages;  // of failed assertions

struct Module {
  VerilatedContext context;
  Vrtl* rtl = nullptr;
#ifdef BLENDSIM_TRACE
  VerilatedVcdC* trace = nullptr;
#endif
  std::string taken;
};

}  // namespace

// A failed assertion has printed its message; Verilator's default then ends the process.
void vl_stop(const char* file, int line, const char* hierarchy) {
  if (messages.size() < 4000)
    messages += std::string(file) + ":" + std::to_string(line) + ": error in " + hierarchy + "\n";
}

#define BLENDSIM_EXPORT extern "C" __attribute__((visibility("default")))

using Visit = void (*)(void*, const char*, int, void*, unsigned long);

BLENDSIM_EXPORT void* rtl_create(Visit visit, void* self) {
  Module* m = new Module;
#ifdef BLENDSIM_TRACE
  m->context.traceEverOn(true);
#endif
  m->rtl = new Vrtl(&m->context, "top");
#define BLENDSIM_PORT(name, width) \
  visit(self, #name, width, const_cast<void*>(static_cast<const void*>(&m->rtl->name)), sizeof(m->rtl->name));
#include "rtl_ports.h"
  return m;
}
BLENDSIM_EXPORT void rtl_destroy(void* module) {
  Module* m = static_cast<Module*>(module);
  m->rtl->final();
  delete m->rtl;
  delete m;
}
BLENDSIM_EXPORT void rtl_eval(void* module) { static_cast<Module*>(module)->rtl->eval(); }
BLENDSIM_EXPORT const char* rtl_errors(void* module) {
  Module* m = static_cast<Module*>(module);
  m->taken.swap(messages);
  messages.clear();
  return m->taken.c_str();
}
#ifdef BLENDSIM_TRACE
BLENDSIM_EXPORT void rtl_trace_open(void* module, const char* file) {
  Module* m = static_cast<Module*>(module);
  m->trace = new VerilatedVcdC;
  m->rtl->trace(m->trace, 99);
  m->trace->open(file);
}
BLENDSIM_EXPORT void rtl_trace_dump(void* module, unsigned long cycle) {
  static_cast<Module*>(module)->trace->dump(cycle);
}
BLENDSIM_EXPORT void rtl_trace_close(void* module) {
  Module* m = static_cast<Module*>(module);
  m->trace->close();
  delete m->trace;
  m->trace = nullptr;
}
#else
BLENDSIM_EXPORT void rtl_trace_open(void*, const char*) {}
BLENDSIM_EXPORT void rtl_trace_dump(void*, unsigned long) {}
BLENDSIM_EXPORT void rtl_trace_close(void*) {}
#endif
