// SPDX-License-Identifier: Apache-2.0
// differential COUNT [SEED [FOLDER]]: COUNT random networks from SEED on, against ONNX Runtime
// (scripts/differential.sh). FOLDER
//   takes shrunk cases and the progress, from which a further call goes on.
// differential --write SEED FOLDER: the network of a seed, as it is.
// differential --draws N,N,...: the network of a sequence of draws, as a written case's README.txt has it.
#include <cstdio>
#include <cstring>
#include <sstream>

#include "campaign.h"

namespace {

using namespace blendsim::differential;

int write(const char* seed, const char* folder) {
  Choices choices(std::strtoull(seed, nullptr, 10));
  const Case c = generate(choices);
  Trials trials;
  trials.write(folder, c, trials.run(c), std::string("seed ") + seed);
  return 0;
}

int replay(const char* text) {
  std::vector<int> draws;
  std::stringstream list(text);
  for (std::string word; std::getline(list, word, ',');) draws.push_back(std::stoi(word));
  Choices choices(draws);
  const Outcome o = Trials().run(generate(choices));
  std::printf("%s\n%s\n", o.kind == Outcome::Kind::equal ? "equal" : o.reason.c_str(), o.detail.c_str());
  return o.kind == Outcome::Kind::fault ? 4 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--draws") == 0) return replay(argv[2]);
  if (argc == 4 && std::strcmp(argv[1], "--write") == 0) return write(argv[2], argv[3]);
  if (argc < 2 || std::atoi(argv[1]) < 1) {
    std::fprintf(stderr, "usage: differential COUNT [SEED [FOLDER]] | --write SEED FOLDER | --draws N,N,...\n");
    return 2;
  }
  if (!Judge::available()) {
    std::fprintf(stderr, "ONNX Runtime is not installed (npm install in test/)\n");
    return 1;
  }
  CampaignOptions options;
  options.count = std::atoi(argv[1]);
  if (argc > 2) options.first_seed = std::strtoull(argv[2], nullptr, 10);
  options.folder = argc > 3 ? argv[3] : "";
  options.progress = true;
  const Totals totals = run_campaign(options);
  std::printf("seeds %llu to %llu\n%s", static_cast<unsigned long long>(options.first_seed),
              static_cast<unsigned long long>(options.first_seed) + static_cast<unsigned long long>(options.count) - 1,
              totals.text().c_str());
  return totals.faults.empty() ? 0 : 4;
}
