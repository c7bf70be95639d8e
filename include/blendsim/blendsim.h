// SPDX-License-Identifier: Apache-2.0
// BlendSim as a library: import, lower, compile, simulate, estimate, report.
//
//   IntegerNetwork network = load_network("net.onnx");
//   Platform platform = load_platform("zu3eg", {}, {configs});
//   Program program = compile(network, platform).program;
//   Run run = Machine::instance().run(platform.machine, program, images);
//
// Machine::instance() elaborates SystemC once per process; run() may then be called as often as one likes.
#pragma once

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "estimate/estimate.h"
#include "isa/program.h"
#include "network/graph.h"
#include "network/integer_network.h"
#include "network/normalise.h"
#include "network/zoo.h"
#include "platform/platform.h"
#include "report/report.h"
#include "result/events.h"
#include "result/run.h"
#include "sim/machine.h"
#include "tensor/array.h"
