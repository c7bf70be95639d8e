// SPDX-License-Identifier: Apache-2.0
// explore_judges STUDY METHOD SEED OUT MARK...: what a method finds on a study's problem, a line of JSON in OUT for
// each MARK of evaluations. METHOD: evolve, bayes, random, sobol (explore's own), pagmo-nsga2-POPULATION, serve.
// scripts/explore_methods.py makes the table of docs/exploration.md of many.
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "arena.h"
#include "base/diagnostic.h"

int main(int count, char** words) {
  using namespace blendsim;
  if (count < 6) {
    std::cerr << "explore_judges STUDY METHOD SEED OUT MARK...\n";
    return 2;
  }
  try {
    const std::string method = words[2];
    const auto seed = static_cast<std::uint64_t>(std::stoull(words[3]));
    std::ofstream out(words[4]);
    std::vector<std::int64_t> marks;
    for (int w = 5; w < count; ++w) marks.push_back(std::stoll(words[w]));
    judges::Arena arena(words[1], marks, out);
    const std::string pagmo = "pagmo-nsga2-";
    if (method == "serve") judges::serve(arena, seed);
    else if (method.starts_with(pagmo))
      judges::run_pagmo_nsga2(arena, seed, static_cast<unsigned>(std::stoul(method.substr(pagmo.size()))));
    else judges::run_own(arena, method, seed);
    return 0;
  } catch (const DiagnosticError& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
