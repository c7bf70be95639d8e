// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace blendsim::activity::test {

bool installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

std::string temporary_folder(const std::string& name) {
  const std::string folder = testing::TempDir() + "/blendsim_activity_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::string output_of(const std::string& command) {
  const std::string folder = temporary_folder("output_" + std::to_string(std::hash<std::string>{}(command)));
  const std::string whole = "( " + command + " ) > '" + folder + "/output' 2> '" + folder + "/errors'";
  const int status = std::system(whole.c_str());
  std::string text = read_text(folder + "/output");
  if (status != 0) throw std::runtime_error("failed: " + command + "\n" + text + read_text(folder + "/errors"));
  return text;
}

void write_text(const std::string& file, const std::string& text) { std::ofstream(file) << text; }

std::string read_text(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace blendsim::activity::test
