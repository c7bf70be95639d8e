// SPDX-License-Identifier: Apache-2.0
// The file that the browser gets: what it brings along, and that it asks for nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstring>

#include "page/page.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return {};
  const std::size_t to = text.find(end, from + begin.size());
  return text.substr(from + begin.size(), to - from - begin.size());
}

std::string decoded(const std::string& base64) {
  std::string out;
  int bits = 0;
  unsigned held = 0;
  for (const char c : base64) {
    const char* at = std::strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c);
    if (c == '=' || at == nullptr) break;
    const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    held = held << 6 | static_cast<unsigned>(std::strchr(digits, c) - digits);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(held >> bits & 0xffU);
    }
  }
  return out;
}

std::string inflated(const std::string& bytes) {
  std::string out(1 << 20, '\0');
  uLongf size = out.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                       bytes.size()),
            Z_OK);
  out.resize(size);
  return out;
}

std::string data_of(const std::string& page) {
  const std::string data = between(page, "<script id=\"data\" type=\"text/plain\">", "</script>");
  EXPECT_EQ(data.size() % 4, 0U);
  return inflated(decoded(data));
}

TEST(Page, BringsItsReportsAlongWhateverTheyHold) {
  for (std::size_t length = 0; length < 6; ++length) {  // every remainder of three
    const std::array<Json, 2> reports = {Json{{"a", "</script><!-- \xc3\xa9" + std::string(length, 'x')}},
                                         Json::object()};
    EXPECT_EQ(Json::parse(data_of(page_html(reports))), Json(reports));
    EXPECT_EQ(Json::parse(data_of(page_html(std::span(reports).first(1)))), Json::array({reports[0]}));
  }
}

TEST(Page, AsksForNothing) {
  const std::array<Json, 1> reports = {Json::object()};
  const std::string page = page_html(reports);
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("src=\"")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_THAT(std::string(page_style), Not(HasSubstr("url(")));
}

}  // namespace
}  // namespace blendsim
