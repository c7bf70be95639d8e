// SPDX-License-Identifier: Apache-2.0
// blendsim power: what a design of which only the resources are known draws, such as one that was measured.
#include "power/foreign.h"

#include <fmt/format.h>

#include "base/table_text.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text_output.h"
#include "cli/validators.h"
#include "platform/catalogue.h"
#include "report/fields.h"
#include "report/format_text.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string device, technology, clock, activity = "typical", json;
  Resources used;
  double bram36 = 0;
  PowerConditions conditions;
  TextOptions text;
};

// Of the device's family, where none is named.
std::string technology_of(const Device& device) {
  if (device.family == "ultrascale+") return "ultrascale-plus-16nm";
  if (device.family == "7series") return "7series-28nm";
  throw DiagnosticError("usage", {"--technology", 0, {}}, fmt::format("no technology is known for {}", device.family),
                        "name a file of configs/technologies");
}

Device device_of(const std::string& name) {
  Diagnostics diagnostics;
  const std::optional<Device> device = find_device(name, {"--device", 0, {}}, config_paths(), diagnostics);
  diagnostics.throw_if_any();
  return device.value();
}

std::int64_t hertz_of(const std::string& text) {
  constexpr std::int64_t most = 4'000'000'000;
  const ParsedValue parsed = parse_value(text, {"--clock", 1, most, Unit::hertz, "of the design"});
  if (!parsed.value) throw DiagnosticError(*parsed.code, {"--clock", 0, {}}, parsed.message, parsed.hint);
  return *parsed.value;
}

Json json_of(const Rails& w, const Band& total, const Band& core, double junction) {
  return {{"total_w", w.total()},
          {"total_w_range", Json::array({total.low, total.high})},
          {"core_w", w.core()},
          {"core_w_range", Json::array({core.low, core.high})},
          {"rails",
           {{"core_static", w.core_static},
            {"clock", w.clock},
            {"dynamic", w.dynamic},
            {"other", w.other_static},
            {"processor", w.processor}}},
          {"junction_celsius", junction}};
}

void print(const Arguments& a, const Device& device, const ForeignPower& power) {
  const TextOutput out = text_output(a.text, {a.json});
  TextTable table({{"", true}, {"total"}, {"range"}, {"core"}, {"static"}, {"clocks"}, {"working"}, {"junction"}});
  const auto row = [&](const char* name, const Rails& w, const Band& total, double celsius) {
    const auto watt = [](double value) { return engineering(value, "W"); };
    table.row({name, "~" + watt(w.total()), watt(total.low) + ".." + watt(total.high), "~" + watt(w.core()),
               watt(w.core_static), watt(w.clock), watt(w.dynamic), fmt::format("{:.0f} C", celsius)});
  };
  row("idle", power.idle, power.idle_total, power.idle_junction_celsius);
  row("active", power.active, power.active_total, power.active_junction_celsius);
  out.stream << fmt::format("{} at {}, activity {}\n\n", device.name, format_quantity(hertz_of(a.clock), Unit::hertz),
                            a.activity)
             << table.text(out.layout)
             << fmt::format("\nother rails ~{}, processor ~{}; DRAM and the board are not in it\n",
                            engineering(power.active.other_static, "W"), engineering(power.active.processor, "W"));
  if (power.too_hot) out.stream << "too hot: the junction would lie beyond 125 C\n";
}

// What is not on the device has no power there.
void require_room(const Device& device, const Resources& used) {
  struct Share {
    std::string_view option;
    std::int64_t used, available;
  };
  for (const Share& share :
       {Share{"--lut", used.lut, device.lut}, Share{"--ff", used.ff, device.ff},
        Share{"--dsp", used.dsp, device.dsp_slices}, Share{"--bram36", used.bram36_halves, 2 * device.bram36},
        Share{"--uram", used.uram, device.uram}}) {
    if (share.used <= share.available) continue;
    throw DiagnosticError("device-too-small", {std::string(share.option), 0, {}},
                          fmt::format("more than {} has", device.name), "name a larger --device");
  }
}

void estimate(Arguments& a) {
  ForeignDesign design{device_of(a.device), a.used, hertz_of(a.clock), load_activity_class(a.activity, config_paths())};
  design.used.bram36_halves = std::llround(2 * a.bram36);
  require_room(design.device, design.used);
  const Technology technology =
      load_technology(a.technology.empty() ? technology_of(design.device) : a.technology, config_paths());
  const ForeignPower power = estimate_foreign(design, technology, a.conditions);
  if (!a.json.empty()) {
    const Json out = {
        {"idle", json_of(power.idle, power.idle_total, power.idle_core, power.idle_junction_celsius)},
        {"active", json_of(power.active, power.active_total, power.active_core, power.active_junction_celsius)}};
    write_text(a.json, json_text(out));
  }
  print(a, design.device, power);
}

}  // namespace

void declare_power(CLI::App& command, ExitStatus&) {
  auto a = std::make_shared<Arguments>();
  command.add_option("--device", a->device, "Part of configs/devices/devices.yaml")->type_name("NAME")->required();
  command.add_option("--clock", a->clock, "Its clock, with unit")->type_name("HERTZ")->required();
  command.add_option("--lut", a->used.lut, "Look-up tables")->type_name("N")->check(whole_number(false));
  command.add_option("--ff", a->used.ff, "Flip-flops")->type_name("N")->check(whole_number(false));
  command.add_option("--dsp", a->used.dsp, "DSP slices")->type_name("N")->check(whole_number(false));
  command.add_option("--bram36", a->bram36, "36-Kb block RAMs; halves are allowed")
      ->type_name("N")
      ->check(number_between(0, 100'000));
  command.add_option("--uram", a->used.uram, "UltraRAMs")->type_name("N")->check(whole_number(false));
  command.add_option("--activity", a->activity, "How busy it is: a class of configs/activity/classes.yaml")
      ->type_name("CLASS")
      ->capture_default_str();
  command.add_option("--technology", a->technology, "File of configs/technologies; without it, the device's process")
      ->type_name("NAME");
  command.add_option("--ambient", a->conditions.ambient_celsius, "Temperature around the board; without it, 25")
      ->type_name("CELSIUS")
      ->check(number_between(-40, 125, " C"));
  command.add_option("--junction", a->conditions.junction_celsius, "Junction temperature; without it, it follows")
      ->type_name("CELSIUS")
      ->check(number_between(-40, 125, " C"));
  command.add_option("--json", a->json, "Write the figures as JSON; - is standard output")->type_name("FILE");
  command.callback([a] { estimate(*a); });
}

}  // namespace blendsim::cli
