// SPDX-License-Identifier: Apache-2.0
// Every diagnostic code, in one table. A Code can only be made from a literal that is in the table: a misspelt code
// does not compile. `blendsim explain CODE` prints the sentence.
#pragma once

#include <array>
#include <string_view>

namespace blendsim {

struct CodeRow {
  std::string_view name;
  std::string_view explanation;
};

// Sorted by area; add rows to the area's end.
inline constexpr std::array code_table = {
    // files
    CodeRow{"file-unreadable", "The file does not exist or cannot be read. Check the path and its permissions."},
    CodeRow{"file-unwritable", "The output cannot be written. Check that the folder exists and may be written to."},
    CodeRow{"file-unrecognised",
            "The content is neither ONNX, a BlendSim program, YAML nor any other kind expected here."},
    CodeRow{"file-damaged",
            "The file is truncated or its bytes were changed; it cannot be trusted and is refused whole."},
    // input tensors
    CodeRow{"input-shape", "The input's shape is not the network's input shape."},
    CodeRow{"input-type", "The input's element type cannot be used: see the message for the types accepted."},
    CodeRow{"input-value", "An input value is NaN or infinite; a quantiser has no integer for it."},
    CodeRow{"input-scale", "--input-scale must be a positive finite number or a fraction such as 1/255."},
    // network
    CodeRow{"unsupported-operator",
            "The operator is not one that BlendSim can lower to the machine; the node is named."},
    CodeRow{"unsupported-attribute", "The operator is known, but not with this attribute value; the node is named."},
    CodeRow{"bad-graph",
            "The graph contradicts itself: a missing tensor, a duplicate name, a cycle, wrong operand counts."},
    CodeRow{"dynamic-shape",
            "A dimension is symbolic, unknown or 0, or the first is not 1. Export with fixed shapes and batch 1."},
    CodeRow{"shape-mismatch", "The operands' shapes do not fit the operator."},
    CodeRow{"bad-constant",
            "A constant is NaN, infinite, zero or negative where it must not be (a scale, a variance)."},
    CodeRow{"constants-too-large", "Operators on constants would produce far more values than the file itself holds."},
    CodeRow{"not-constant", "An operand that must be a constant (weights, scale, zero point, bit width) is computed."},
    CodeRow{"not-quantised", "A convolution or dense layer reads values that no quantiser produced."},
    CodeRow{"number-width", "A number format is wider than the integer contract allows (docs/numerics.md)."},
    CodeRow{"not-lowerable", "The construct has no exact or countable integer form; the message says why."},
    CodeRow{"export-bound", "The lowered model cannot be written because a node's exactness cannot be proven."},
    CodeRow{"unknown-network", "No built-in network has this name; `blendsim zoo` lists them."},
    // platform
    CodeRow{"yaml-syntax", "The file is not well-formed YAML."},
    CodeRow{"unknown-key", "The key is not part of the schema; the nearest spelling is offered."},
    CodeRow{"duplicate-key", "The key is given twice; YAML would silently take one of them."},
    CodeRow{"missing-key", "A required key is absent."},
    CodeRow{"wrong-type", "The value is not of the type that the key takes."},
    CodeRow{"wrong-unit", "A number must carry its unit, such as `250 MHz` or `32 bit`."},
    CodeRow{"out-of-range", "The value is outside the range that the key allows."},
    CodeRow{"unknown-name", "The name (device, platform, technology, memory standard) is not in its catalogue."},
    CodeRow{"contradiction", "Two values of the platform contradict each other."},
    CodeRow{"bad-override", "A --set must read unit.parameter=value with a key of the platform schema."},
    CodeRow{
        "clock-above-estimate",
        "A warning: the clock is above what the longest path between registers allows by estimate, so every time is "
        "optimistic. The message names the unit and the path; lower the clock or change the parameter of the hint."},
    // compiler and program
    CodeRow{"does-not-fit",
            "The network does not fit the platform: the message names resource, demand, capacity and lever."},
    CodeRow{"device-too-small",
            "The machine takes more than the platform's limits of its device; `run --allow-oversize` simulates it all "
            "the same."},
    CodeRow{"unit-too-narrow", "A unit is too narrow for the network's numbers; the message names the parameter."},
    CodeRow{"program-invalid", "The program breaks a rule of the machine; the instruction and the rule are named."},
    CodeRow{"program-damaged", "The program file is damaged: its structure or digest does not verify."},
    CodeRow{
        "program-version",
        "The program was written by a BlendSim whose instructions or container are others; compile the network again."},
    CodeRow{"platform-mismatch", "The program was compiled for a platform that differs in the keys named."},
    // simulation
    CodeRow{"deadlock", "No unit can go on; the message lists what each unit waits for."},
    CodeRow{"hazard", "Two units touched the same data or port without being ordered."},
    CodeRow{"unwritten-read", "A unit read a word that nothing had written."},
    CodeRow{"token-overflow", "A token counter overflowed: a unit posted more tokens than the counter holds."},
    // command line
    CodeRow{"usage", "The command line is not understood; `blendsim COMMAND --help` shows its form."},
    CodeRow{"unknown-code", "No diagnostic has this code; `blendsim explain` lists them all."},
    CodeRow{"report-schema", "The file is not a blendsim.report of a version that this command reads."},
    CodeRow{"report-damaged", "The report's content contradicts the digest in it: the file was edited or damaged."},
};

class Code {
 public:
  consteval Code(const char* name) : name_(name) {  // NOLINT: implicit on purpose, a literal is a code
    for (const CodeRow& row : code_table) {
      if (row.name == name_) return;
    }
    throw "this diagnostic code is not in code_table";
  }
  [[nodiscard]] constexpr std::string_view name() const { return name_; }
  constexpr bool operator==(const Code&) const = default;

 private:
  std::string_view name_;
};

}  // namespace blendsim
