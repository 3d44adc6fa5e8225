// The RFC 8448 traces: sections of `name = hex` lines.
#pragma once

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <nautilus/bytes.hpp>

namespace nautilus::test {

inline ByteVector from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  ByteVector out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>((digit(text[i]) << 4) | digit(text[i + 1])));
  }
  return out;
}

inline std::string to_hex(ByteView bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t octet : bytes) {
    out.push_back(kHex[octet >> 4]);
    out.push_back(kHex[octet & 15]);
  }
  return out;
}

/// One trace: its octet strings by name. Values that are not hexadecimal are left out.
class Trace {
 public:
  /// Nothing when NAUTILUS_VECTORS is unset or holds no such section.
  static std::optional<Trace> load(std::string_view section) {
    const char* root = std::getenv("NAUTILUS_VECTORS");
    if (root == nullptr) return {};
    std::ifstream file(std::string(root) + "/rfc8448/transcripts.vec");
    Trace trace;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with('[')) inside = line.substr(1, line.find(']') - 1) == section;
      const auto equals = line.find(" = ");
      if (!inside || line.starts_with('#') || equals == std::string::npos) continue;
      const std::string value = line.substr(line.find_first_not_of(' ', equals + 2));
      if (value.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) continue;
      trace.values_[line.substr(0, equals)] = from_hex(value);
    }
    if (trace.values_.empty()) return {};
    return trace;
  }
  /// Throws `std::out_of_range` for a name the trace does not have.
  const ByteVector& operator[](const std::string& name) const { return values_.at(name); }

 private:
  std::map<std::string, ByteVector> values_;
};

/// RFC 8448 §3, typed in so that the schedule can be checked without the files.
namespace rfc8448_simple {
inline constexpr std::string_view kSharedSecret =
    "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";
inline constexpr std::string_view kHashToServerHello =
    "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8";
inline constexpr std::string_view kHashToServerFinished =
    "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13";
inline constexpr std::string_view kHashToClientFinished =
    "209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d";
inline constexpr std::string_view kClientHandshake =
    "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21";
inline constexpr std::string_view kServerHandshake =
    "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38";
inline constexpr std::string_view kClientApplication =
    "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
inline constexpr std::string_view kServerApplication =
    "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
inline constexpr std::string_view kExporter =
    "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50";
inline constexpr std::string_view kResumption =
    "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c";
inline constexpr std::string_view kResumptionPsk =
    "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3";
}  // namespace rfc8448_simple

}  // namespace nautilus::test
