// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

namespace blendsim::cli {

namespace {

constexpr std::string_view simulate = "Simulate", prepare = "Prepare", look_up = "Look up";

constexpr std::array table = {
    Command{"run",
            simulate,
            "Simulate a network or a program and report cycles, resources, power and outputs",
            declare_run,
            {{{"blendsim run net.onnx --platform k26", "a network on a platform, with a made-up input"},
              {"blendsim run net.program --input deer.png --input-scale 1/255 --json report.json",
               "a program on a picture, and the report as JSON"}}}},
    Command{"compare",
            simulate,
            "Compare two or more reports; exit status 4 if they differ",
            declare_compare,
            {{{"blendsim compare a.json b.json", "layer by layer and unit by unit"},
              {"blendsim compare k26.json zu7ev.json vu9p.json", "a table over any number of them"}}}},
    Command{"diff",
            simulate,
            "Find where two runs part first, in time and in values; exit status 4 if they do",
            declare_diff,
            {{{"blendsim diff a.program b.program", "two programs on the same input"},
              {"blendsim diff net.program --events board.csv", "somebody else's trace against the model"}}}},
    Command{"why",
            simulate,
            "Say what a run lost its cycles to, and what it would take without",
            declare_why,
            {{{"blendsim why net.program", "the cause that costs most, and the waits with what began them"},
              {"blendsim why net.onnx --platform k26 --cycle 1200", "what every unit does in a cycle, and why"}}}},
    Command{"zoo",
            prepare,
            "List the built-in networks, or write one as ONNX",
            declare_zoo,
            {{{"blendsim zoo", "list them"}, {"blendsim zoo neuroblend20 -o net.onnx", "write one"}}}},
    Command{"compile",
            prepare,
            "Compile an ONNX network to a program",
            declare_compile,
            {{{"blendsim compile net.onnx --platform k26 -o net.program", "compile once, run often"},
              {"blendsim compile net.onnx --platform k26 --set clock=\"200 MHz\" --explain -o net.program",
               "for a changed platform, with the compiler's decisions"}}}},
    Command{
        "rtl",
        prepare,
        "Write a platform's SystemVerilog parameter package",
        declare_rtl,
        {{{"blendsim rtl k26 -o build/k26", "writes build/k26/blendsim_pkg.sv"},
          {"blendsim rtl mine.yaml --set xnor_array.rows=48 -o build/mine", "of a platform of your own, changed"}}}},
    Command{"inspect",
            look_up,
            "Summarise a network or a platform, disassemble a program",
            declare_inspect,
            {{{"blendsim inspect net.onnx", "layers, integers, what is proven exact"},
              {"blendsim inspect k26", "parts, resources and clock of a platform"}}}},
    Command{"platforms",
            look_up,
            "List the platforms; with a name, print it as commented YAML to start from",
            declare_platforms,
            {{{"blendsim platforms", "list them"}, {"blendsim platforms k26 > mine.yaml", "start one of your own"}}}},
    Command{"explain",
            look_up,
            "Say what a diagnostic means, or what a pass of the compiler does",
            declare_explain,
            {{{"blendsim explain", "list every diagnostic and every pass"},
              {"blendsim explain does-not-fit", "one of them"}}}},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace blendsim::cli
