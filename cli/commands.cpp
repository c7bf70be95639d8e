// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

namespace blendsim::cli {

namespace {

constexpr std::string_view simulate = "Simulate", prepare = "Prepare", look_up = "Look up", use = "Use";

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
            "Compare two reports; exit status 4 if they differ",
            declare_compare,
            {{{"blendsim compare a.json b.json", "layer by layer and unit by unit"},
              {"blendsim compare golden.json new.json && echo same", "in a script: status 0 or 4"}}}},
    Command{"replay",
            simulate,
            "Replay recorded memory traffic on the same or another memory",
            declare_replay,
            {{{"blendsim replay traffic.mem --set memory.read_latency=\"80 cycles\"",
               "what `blendsim run --record traffic.mem` wrote, on a slower memory"},
              {"blendsim replay traffic.mem -o traffic.stl", "its requests as a trace for DRAMSys"}}}},
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
              {"blendsim explain does-not-fit", "cause, example and remedy of one"}}}},
    Command{"help",
            use,
            "Describe blendsim or one of its commands",
            declare_help,
            {{{"blendsim help", "the commands"}, {"blendsim help run", "what `blendsim run --help` prints"}}}},
    Command{"completion",
            use,
            "Print the completion of words for a shell",
            declare_completion,
            {{{"source <(blendsim completion bash)", "for this shell"},
              {"blendsim completion fish > ~/.config/fish/completions/blendsim.fish", "for every fish to come"}}}},
    Command{"man",
            use,
            "Write the manual pages",
            declare_man,
            {{{"blendsim man ~/.local/share/man/man1", "where man finds them"},
              {"blendsim man pages && man -l pages/blendsim-run.1", "and read one"}}}},
};

constexpr std::array<Example, 2> first = {
    {{"blendsim zoo neuroblend20 -o net.onnx", "write a built-in network, or take your own ONNX file"},
     {"blendsim run net.onnx --platform k26", "compile and simulate it on a platform, and report"}}};

}  // namespace

std::span<const Command> commands() { return table; }

std::span<const Example> first_steps() { return first; }

}  // namespace blendsim::cli
