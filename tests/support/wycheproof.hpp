// Reads Wycheproof's JSON files from the folder that the environment variable NAUTILUS_VECTORS
// names, and counts what became of every case.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <nautilus/bytes.hpp>

namespace nautilus::test::wycheproof {

using Json = nlohmann::json;

inline ByteVector from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return c <= '9' ? c - '0' : c <= 'F' ? c - 'A' + 10 : c - 'a' + 10;
  };
  ByteVector out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  }
  return out;
}

inline ByteVector bytes(const Json& object, const char* field) {
  return from_hex(object.at(field).get_ref<const std::string&>());
}

/// What happened to one case.
enum class Outcome {
  Run,      ///< computed and compared
  Refused,  ///< outside the parameters TLS uses; the interface was seen to refuse it
  Skipped,  ///< not applicable; nothing was done
};

inline bool available() { return std::getenv("NAUTILUS_VECTORS") != nullptr; }

inline constexpr const char* kUnavailable =
    "NAUTILUS_VECTORS is not set: Wycheproof's vectors were NOT run";

inline Json load(const std::string& name) {
  const std::filesystem::path path =
      std::filesystem::path(std::getenv("NAUTILUS_VECTORS")) / "wycheproof" / (name + "_test.json");
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << "cannot read " << path;
  return file.is_open() ? Json::parse(file) : Json();
}

/// Calls `run_case(group, test)` for every test of the file `name`_test.json. Prints the counts and
/// checks that no case of the file was missed. `label` says what was tested ("libcrypto").
template <class RunCase>
void for_each(const std::string& name, std::string_view label, RunCase run_case) {
  const Json file = load(name);
  if (file.is_null()) return;
  int counts[3] = {};
  for (const Json& group : file.at("testGroups")) {
    for (const Json& test : group.at("tests")) {
      SCOPED_TRACE(name + " tcId " + test.at("tcId").dump() + ": " +
                   test.value("comment", std::string()));
      ++counts[static_cast<int>(run_case(group, test))];
    }
  }
  std::cout << "wycheproof " << name << " [" << label << "]: " << counts[0] << " run, " << counts[1]
            << " refused, " << counts[2] << " skipped\n";
  EXPECT_EQ(counts[0] + counts[1] + counts[2], file.at("numberOfTests").get<int>());
  EXPECT_GT(counts[0] + counts[1], 0);
}

inline bool is_valid(const Json& test) { return test.at("result") == "valid"; }
inline bool is_invalid(const Json& test) { return test.at("result") == "invalid"; }

}  // namespace nautilus::test::wycheproof
