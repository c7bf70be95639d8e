// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic_explanations.h"

#include <algorithm>
#include <array>

namespace blendsim {

namespace {

// The order of code_names.
constexpr std::array table = {
    // files
    Explanation{"file-unreadable", "A file that is to be read does not exist, is a folder, or may not be read.",
                "`blendsim inspect missing.onnx`.",
                "Check the spelling and the permissions with ls -l. Networks and programs are written by "
                "`blendsim zoo mlp_w2a2 -o missing.onnx` and by blendsim compile."},
    Explanation{"file-unwritable",
                "The output cannot be written: its folder is missing, may not be written to, or the disk is full.",
                "`blendsim zoo mlp_w2a2 -o missing/net.onnx`.",
                "Make the folder, or write elsewhere: `blendsim zoo mlp_w2a2 -o net.onnx`."},
    Explanation{"file-unrecognised",
                "The content of the file is not of a kind that the command takes. The file's name does not matter.",
                "A report given to run: `blendsim run a.json --platform k26`.",
                "Take the command that the hint names, here `blendsim compare a.json b.json`."},
    Explanation{"file-damaged", "The file is empty, cut short or changed: it cannot be trusted and is refused whole.",
                "A download that was cut: `blendsim inspect cut.onnx`.",
                "Write or download it again: `blendsim zoo mlp_w2a2 -o cut.onnx`."},
    // input tensors
    Explanation{"input-shape", "The array's shape is not that of the network's input.",
                "An array [1, 3, 8, 8] for a network of [1, 1, 16, 16]: `blendsim run net.program --input bad.npy`.",
                "`blendsim inspect net.onnx` prints the shape: crop, resize or transpose the array to it. The leading "
                "1 may be missing, or count several images."},
    Explanation{
        "input-type", "The array's or the picture's type of elements cannot be used.",
        "An array of complex numbers: `blendsim run net.program --input bad.npy`.",
        "Save an array as float32, with numpy.save(\"x.npy\", x.astype(\"float32\")), and a picture with 8 bits "
        "a channel and without transparency; then `blendsim run net.program --input x.npy`."},
    Explanation{"input-value", "A value of the input is NaN or infinite; a quantiser has no integer for it.",
                "A NaN in the array: `blendsim run net.program --input bad.npy`.",
                "Replace the value before saving, as numpy.nan_to_num does; the message says which one it is. Then "
                "`blendsim run net.program --input x.npy`."},
    Explanation{"input-scale", "--input-scale is no positive finite number or fraction.",
                "`blendsim run net.program --input x.npy --input-scale 0`.",
                "Write a fraction or a decimal: `blendsim run net.program --input x.npy --input-scale 1/255`."},
    // network
    Explanation{"unsupported-operator", "BlendSim cannot lower an operator of the network to the machine.",
                "A network with an LSTM.",
                "Replace the operator in the model by those that docs/numerics.md lists, or cut the network there: "
                "onnx.utils.extract_model(\"net.onnx\", \"front.onnx\", inputs, outputs) keeps what lies between "
                "tensors. The message names the node."},
    Explanation{"unsupported-attribute", "The operator is known, but not with this value of an attribute.",
                "A BatchNormalization in training mode.",
                "Export for inference (model.eval() in PyTorch), or change the layer: the message names node and "
                "attribute, and what is possible."},
    Explanation{"bad-graph",
                "The graph contradicts itself: a tensor that nothing makes, a name given twice, a cycle, a wrong "
                "number of operands.",
                "Two nodes that both make the tensor y.",
                "Export the network again; of a file that a script made, onnx.checker.check_model(\"net.onnx\", "
                "full_check=True) finds the same."},
    Explanation{
        "dynamic-shape",
        "A dimension is symbolic, unknown or 0, or an operator works across the images of the file's batch.",
        "An input of [1, 3, height, width].",
        "--input-shape 1,3,224,224 gives the sizes; or export with fixed shapes and batch 1. A file is mended by "
        "python -m "
        "onnxruntime.tools.make_dynamic_shape_fixed --input_name x --input_shape 1,3,32,32 net.onnx fixed.onnx."},
    Explanation{"shape-mismatch", "The shapes of the operands do not fit the operator.",
                "A Conv with weights of [64, 32, 3, 3] that reads 16 channels.",
                "Mend the layer in the model and export it again; the message names node and shapes."},
    Explanation{"bad-constant",
                "A constant is NaN, infinite, zero or negative where it must not be, such as a scale or a variance.",
                "A BatchNormalization whose variance is -1.",
                "Find the constant in the trained model: mostly its layer has diverged or was never calibrated. Train "
                "or calibrate it, and export again."},
    Explanation{"constants-too-large",
                "Operators on constants would make far more values than a network of the file's size can need.",
                "An Expand of one number to [100000, 100000].",
                "Compute the constants before exporting, so that the file holds what the network uses."},
    Explanation{
        "not-constant",
        "An operand that must be a constant (weights, scale, zero point, bit width) is computed from the input.",
        "A Conv whose weights depend on the network's input.",
        "Make it an initializer. torch.onnx.export does so of a model in evaluation mode with "
        "do_constant_folding=True."},
    Explanation{
        "not-quantised", "A layer that needs integers reads values that no quantiser made.",
        "A Conv on the sum of two Relus, or with weights in float32.",
        "Put a quantiser directly before the layer, and one on its weights: QuantIdentity and weight_quant in "
        "Brevitas, QuantizeLinear with DequantizeLinear in ONNX. Or let --calibrate IMAGES quantise what the file "
        "does not, or --assume 8 where latency, resources and power are all that is wanted: docs/quantisation.md."},
    Explanation{
        "number-width", "A number has more bits than the integer contract allows.",
        "A Conv that reads integers of 12 bits.",
        "Quantise to fewer bits: 8 for activations and weights; --bits does it with a plan. docs/numerics.md has "
        "every limit."},
    Explanation{
        "not-lowerable", "The construct has no integer form that is exact, or whose errors can be counted.",
        "A Conv whose input channels have different scales.",
        "Follow the hint of the message. Mostly one scale for the whole tensor is the answer: scales by channel "
        "belong to weights."},
    Explanation{"export-bound",
                "The lowered network cannot be written as standard ONNX, because it cannot be proven that its "
                "operators compute a layer exactly.",
                "blendsim compile --lowered of a network whose layers all run on the host.",
                "Leave --lowered out: the program does not need it."},
    Explanation{"unknown-network", "No built-in network has this name.", "`blendsim zoo resnet -o net.onnx`.",
                "`blendsim zoo` lists them."},
    // platform
    Explanation{
        "yaml-syntax", "The file is not well-formed YAML.",
        "A bracket that is not closed, xnor_array: [: `blendsim inspect mine.yaml`.",
        "Mend the line that the message names: brackets in pairs, a blank behind each colon, blanks and no tabs "
        "in front. `blendsim platforms k26` prints a whole one."},
    Explanation{"unknown-key", "The key is none of a platform's.",
                "xnor_array: {row: 32}: `blendsim inspect mine.yaml`.",
                "Take the spelling that the hint offers, here rows; `blendsim platforms k26` prints every key with its "
                "meaning."},
    Explanation{"duplicate-key", "A key is given twice; YAML would silently take one of them.",
                "clock: 250 MHz and, on another line, clock: 200 MHz: `blendsim inspect mine.yaml`.",
                "Delete one of the two lines."},
    Explanation{"missing-key", "A key that is required is absent.",
                "A platform that extends another without a name of its own: `blendsim inspect mine.yaml`.",
                "Add the key that the message names; `blendsim platforms k26` prints a platform with all of them."},
    Explanation{"wrong-type", "The value is not of the type that the key takes.",
                "`blendsim rtl k26 --set xnor_array.rows=many -o pkg`.",
                "Give a value such as the one in `blendsim platforms k26`: "
                "`blendsim rtl k26 --set xnor_array.rows=32 -o pkg`."},
    Explanation{
        "wrong-unit", "The number's unit is missing, or not one that the key takes.",
        "`blendsim rtl k26 --set clock=250 -o pkg`.",
        "Write the unit, and quote the blank for the shell: `blendsim rtl k26 --set clock=\"250 MHz\" -o pkg`."},
    Explanation{
        "out-of-range", "The value is outside the range that the key allows.",
        "`blendsim rtl k26 --set xnor_array.rows=0 -o pkg`.",
        "Take a value of the range that the message names: `blendsim rtl k26 --set xnor_array.rows=32 -o pkg`."},
    Explanation{"unknown-name", "No device, platform, technology or memory standard has this name.",
                "`blendsim rtl k62 -o pkg`.",
                "`blendsim platforms` lists the platforms; for the other names see configs/ and docs/platforms.md."},
    Explanation{"contradiction", "Two values of the platform contradict each other.",
                "`blendsim rtl k26 --set \"buffers.act_fixed.width=64 bit\" -o pkg`.",
                "Change one of the two; a key with a derived value, as here, is best left out: "
                "`blendsim rtl k26 -o pkg`."},
    Explanation{
        "bad-override",
        "A --set does not read unit.parameter=value, its key is none of a platform's, or a replay cannot change it.",
        "`blendsim rtl k26 --set rows=48 -o pkg`.",
        "Write the whole key: `blendsim rtl k26 --set xnor_array.rows=48 -o pkg`. `blendsim platforms k26` "
        "prints every key."},
    Explanation{"clock-above-estimate",
                "A warning: the clock is above what the longest path between registers allows by estimate, so that "
                "every time is optimistic.",
                "`blendsim run net.onnx --platform k26 --set clock=\"400 MHz\"`.",
                "Lower the clock, `blendsim run net.onnx --platform k26 --set clock=\"100 MHz\"`, or shorten the path "
                "by the change that the hint names."},
    // compiler and program
    Explanation{
        "does-not-fit", "The network needs more of a buffer, of tokens or of accumulators than the platform has.",
        "`blendsim compile net.onnx --platform k26 --set buffers.parameters.depth=2 -o net.program`.",
        "Make the changes of the hint, all of them: the compiler has tried that the network then compiles. Here "
        "`blendsim compile net.onnx --platform k26 -o net.program` does as well."},
    Explanation{"device-too-small", "The machine takes more of its device than the platform's limits allow.",
                "`blendsim run net.onnx --platform zu3eg --set mac_array.rows=64`.",
                "Make the parts that the hint names smaller, `blendsim run net.onnx --platform zu3eg`, or simulate the "
                "machine all the same: "
                "`blendsim run net.onnx --platform zu3eg --set mac_array.rows=64 --allow-oversize`."},
    Explanation{"unit-too-narrow", "A unit's words or numbers are narrower than the network's.",
                "`blendsim compile net.onnx --platform k26 --set mac_array.activation_bits=\"4 bit\" -o net.program`.",
                "Widen the parameter that the hint names, or quantise to fewer bits. Here "
                "`blendsim compile net.onnx --platform k26 -o net.program` does."},
    Explanation{"program-invalid", "The program breaks a rule of the machine: the instruction and the rule are named.",
                "A program that a tool of one's own has changed, so that an instruction reads past a buffer's end.",
                "Compile the network again. Where a program of blendsim compile itself is refused, the compiler is "
                "wrong: please report it with the network."},
    Explanation{"program-damaged", "The program file is cut short or changed: its structure or digest does not verify.",
                "`blendsim run cut.program`.",
                "Compile the network again: `blendsim compile net.onnx --platform k26 -o cut.program`."},
    Explanation{"program-version", "The program was written by another version of BlendSim, for other instructions.",
                "A program that an earlier version wrote.",
                "Compile the network again: `blendsim compile net.onnx --platform k26 -o net.program`."},
    Explanation{"platform-mismatch", "The program was compiled for another platform than --platform names.",
                "A program for k26: `blendsim run net.program --platform zu7ev`.",
                "Leave --platform out, `blendsim run net.program`, or compile the network for this platform: "
                "`blendsim compile net.onnx --platform zu7ev -o net.program`."},
    // simulation
    Explanation{"deadlock", "No unit can go on: each waits for a token that no other will post.",
                "A program, written by hand, in which two units wait for each other.",
                "Let each post come before its wait in program order; the message says what each unit waits for. Where "
                "blendsim compile wrote the program, the compiler is wrong: please report it with the network."},
    Explanation{"hazard", "Two units touched the same words or the same port of a buffer in one cycle, unordered.",
                "A program, written by hand, without the token that lets a consumer wait for its producer.",
                "Order the two instructions by a token. Where blendsim compile wrote the program, the compiler is "
                "wrong: please report it with the network."},
    Explanation{"unwritten-read", "A unit read a word of a buffer that nothing had written.",
                "A program, written by hand, that reads a region before it is loaded.",
                "Load or compute the word first, and wait for it. Where blendsim compile wrote the program, the "
                "compiler is wrong: please report it with the network."},
    Explanation{
        "token-overflow", "A unit posted more tokens than the counter of its link holds.",
        "A program, written by hand, whose producer runs far ahead of its consumer.",
        "Raise dispatcher.token_bits with --set and compile again, or let the consumer take its tokens earlier."},
    // exploration
    Explanation{"study-changed",
                "The journal holds another study: its points and figures cannot be those of this file any more. Name, "
                "budget and journal may change. Or a rank of blendsim-mpi reads another study than rank 0.",
                "A value added to the search after the study had been run.",
                "Undo the change that the message names, or begin anew in another journal: write \"journal: other.db\" "
                "into the study."},
    Explanation{"journal-in-use", "Another process writes the study's journal.",
                "The same study explored in two terminals.",
                "Wait until the other one has ended; --show reads the journal meanwhile."},
    Explanation{"worker-died",
                "A process that evaluates points ended twice without a result: it was killed, or ran out of memory.",
                "A study with --jobs 64 on a machine with little memory.",
                "Take fewer jobs: the same command goes on where the journal ends."},
    // command line
    Explanation{"usage", "The command line is not understood.", "`blendsim run`.",
                "`blendsim run --help` shows the form of a command, `blendsim help` the commands."},
    Explanation{"unknown-code", "No diagnostic, no pass of the compiler and no figure of a report has this name.",
                "`blendsim explain does-not-fitt`.", "`blendsim explain` lists them all."},
    Explanation{"report-schema", "The file is no report of a version that this command reads.",
                "A JSON file of another kind: `blendsim compare a.json other.json`.",
                "Write the report with this version: `blendsim run net.program --json b.json`, then "
                "`blendsim compare a.json b.json`."},
    Explanation{"report-damaged", "The report's content contradicts the digest in it: it was edited or damaged.",
                "`blendsim compare a.json edited.json`.",
                "Write it again, `blendsim run net.program --json b.json`, and compare that: "
                "`blendsim compare a.json b.json`."},
};

static_assert(std::ranges::equal(table, code_names, {}, [](const Explanation& row) { return row.code.name(); }),
              "every code of code_names has its row, in the same order");

}  // namespace

std::span<const Explanation> explanations() { return table; }

}  // namespace blendsim
