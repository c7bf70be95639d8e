// SPDX-License-Identifier: Apache-2.0
// 8-bit PNG images through libpng's simplified interface, as [1, channels, height, width] with values 0..255.
#include <fmt/format.h>
#include <png.h>

#include <cstring>

#include "base/diagnostic.h"
#include "tensor/files.h"

namespace blendsim {

namespace {

constexpr std::string_view signature("\x89PNG\r\n\x1a\n", 8);
constexpr std::uint32_t side_limit = 1 << 14;

// libpng makes room for a chunk, and clears it, before it finds that the file ends: a gigabyte for one that says so. A
// chunk is its length, its name, that many bytes and a checksum.
void check_chunks(const std::string& path, std::string_view bytes) {
  constexpr std::size_t around = 12;
  for (std::size_t at = signature.size(); at + around <= bytes.size();) {
    std::size_t length = 0;
    for (std::size_t byte = 0; byte < 4; ++byte) length = length << 8 | static_cast<unsigned char>(bytes[at + byte]);
    if (length > bytes.size() - at - around) {
      throw DiagnosticError(
          "file-damaged", {path},
          fmt::format("the PNG cannot be decoded: a chunk of {} bytes at byte {} of {} ends behind the file", length,
                      at, bytes.size()));
    }
    if (bytes.substr(at + 4, 4) == "IEND") return;
    at += around + length;
  }
}

}  // namespace

bool is_png(std::string_view bytes) { return bytes.starts_with(signature); }

InputArray read_png(const std::string& path, std::string_view bytes) {
  constexpr std::size_t depth_place = 24, colour_place = 25;  // in IHDR, the first chunk
  if (bytes.size() <= colour_place) throw DiagnosticError("file-damaged", {path}, "the PNG ends inside its header");
  if (bytes[depth_place] == 16) {
    throw DiagnosticError("input-type", {path}, "the PNG has 16 bits a channel", "convert it to 8 bits a channel");
  }
  if ((bytes[colour_place] & 4) != 0) {
    throw DiagnosticError("input-type", {path}, "the PNG has an alpha channel", "remove transparency from the image");
  }
  check_chunks(path, bytes);
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  const auto fail = [&](const std::string& message) {
    png_image_free(&image);
    throw DiagnosticError("file-damaged", {path}, "the PNG cannot be decoded: " + message);
  };
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) fail(image.message);
  if (image.width == 0 || image.height == 0 || image.width > side_limit || image.height > side_limit) {
    fail("its sides must be 1 to 16384 pixels");
  }
  // A palette may hold transparency (tRNS) even where the colour type tells nothing of it.
  if ((image.format & PNG_FORMAT_FLAG_ALPHA) != 0) {
    png_image_free(&image);
    throw DiagnosticError("input-type", {path}, "the PNG has transparent colours",
                          "remove transparency from the image");
  }
  const std::size_t channels = (image.format & PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1;
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) == 0) fail(image.message);
  if ((image.warning_or_error & PNG_IMAGE_WARNING) != 0 && std::strstr(image.message, "CRC") != nullptr) {
    fail(image.message);
  }

  InputArray input;
  input.dtype = "uint8";
  input.integral = true;
  input.array.shape = {1, static_cast<std::int64_t>(channels), image.height, image.width};
  const std::size_t plane = std::size_t{image.width} * image.height;
  input.array.values.resize(channels * plane);
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < channels; ++c) input.array.values[c * plane + i] = pixels[i * channels + c];
  }
  return input;
}

}  // namespace blendsim
