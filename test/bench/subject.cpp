// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

#include <filesystem>

#include "base/diagnostic.h"

namespace blendsim {

Subject subject_of(const std::string& program_file) {
  Subject subject{std::filesystem::path(program_file).stem().string(), read_program(program_file), {}, {}};
  subject.platform = parse_platform(subject.program.platform_yaml, program_file, {BLENDSIM_CONFIGS});
  const HostInput& input = subject.program.host_input;
  auto& image = subject.images.emplace_back();
  const std::int64_t low = input.format.min(), span = input.format.max() - low + 1;
  for (int n = 0; n < input.channels * input.height * input.width; ++n)
    image.push_back(input.format.is_bipolar() ? (n % 3 == 0 ? 1 : -1) : static_cast<std::int32_t>(low + n * 37 % span));
  return subject;
}

Search search_of(const std::string& network_file) {
  Search search{std::filesystem::path(network_file).stem().string(), load_network(network_file), {}};
  Retargeter retargeter(search.network);
  for (const char* rows : {"16", "32"}) {
    for (const char* words : {"3", "6"}) {
      for (const char* columns : {"4", "8", "16"}) {
        for (const char* queue : {"4", "16"}) {
          for (const char* latency : {"30", "60"}) {
            const Platform platform = load_platform(
                "zu3eg",
                {std::string("xnor_array.rows=") + rows, std::string("xnor_array.words=") + words,
                 std::string("mac_array.columns=") + columns, std::string("dispatcher.queue_depth=") + queue,
                 std::string("memory.read_latency=") + latency + " cycles"},
                {BLENDSIM_CONFIGS});
            try {
              (void)retargeter.timing_program(platform.machine);
              search.points.push_back(platform);
            } catch (const DiagnosticError&) {
              // Does not fit: no point of the search.
            }
          }
        }
      }
    }
  }
  return search;
}

}  // namespace blendsim
