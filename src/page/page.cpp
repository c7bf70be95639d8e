// SPDX-License-Identifier: Apache-2.0
#include "page/page.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>
#include <vector>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return out;
}

// As the browser's DecompressionStream("deflate") reads it.
std::vector<std::uint8_t> deflated(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::vector<std::uint8_t> out(size);
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  if (compress2(out.data(), &size, bytes, text.size(), Z_BEST_COMPRESSION) != Z_OK) {
    throw InvariantError("page", "what it shows cannot be compressed");
  }
  out.resize(size);
  return out;
}

}  // namespace

std::string page_html(std::span<const Json> held) {
  std::string data = "[";
  for (const Json& one : held) {
    if (data.size() > 1) data += ',';
    data += one.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  data += "]";
  // The policy lets the page ask for nothing at all, whatever a report may hold.
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>BlendSim</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<noscript>This page is drawn with JavaScript. Without --html the command that wrote it prints text.</noscript>\n"
      "<main id=\"page\"></main>\n"
      "<script id=\"data\" type=\"text/plain\">{}</script>\n<script>{}</script>\n</body>\n</html>\n",
      page_style, base64(deflated(data)), page_script);
}

}  // namespace blendsim
