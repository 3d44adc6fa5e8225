// What a backend asks of the CPU against what its files are compiled for.
#pragma once

#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/cpu_features.hpp"

namespace nautilus::test {

struct FeatureOption {
  std::string_view option;
  crypto::CpuFeature feature;
};
inline constexpr std::array kFeatureOptions{
    FeatureOption{"-madx", crypto::CpuFeature::Adx},
    FeatureOption{"-maes", crypto::CpuFeature::Aes},
    FeatureOption{"-mavx", crypto::CpuFeature::Avx},
    FeatureOption{"-mavx2", crypto::CpuFeature::Avx2},
    FeatureOption{"-mavx512bw", crypto::CpuFeature::Avx512Bw},
    FeatureOption{"-mavx512dq", crypto::CpuFeature::Avx512Dq},
    FeatureOption{"-mavx512f", crypto::CpuFeature::Avx512F},
    FeatureOption{"-mavx512ifma", crypto::CpuFeature::Avx512Ifma},
    FeatureOption{"-mavx512vbmi", crypto::CpuFeature::Avx512Vbmi},
    FeatureOption{"-mavx512vbmi2", crypto::CpuFeature::Avx512Vbmi2},
    FeatureOption{"-mavx512vl", crypto::CpuFeature::Avx512Vl},
    FeatureOption{"-mavx512vnni", crypto::CpuFeature::Avx512Vnni},
    FeatureOption{"-mbmi", crypto::CpuFeature::Bmi1},
    FeatureOption{"-mbmi2", crypto::CpuFeature::Bmi2},
    FeatureOption{"-mpopcnt", crypto::CpuFeature::Popcnt},
};

inline crypto::CpuFeatures every_feature() {
  crypto::CpuFeatures all{};
  for (const FeatureOption& known : kFeatureOptions) all = all.with(known.feature);
  return all;
}

/// The instructions that compiler options, blanks between them, allow.
inline std::vector<crypto::CpuFeature> features_allowed_by(std::string_view options) {
  std::vector<crypto::CpuFeature> features;
  for (const auto word : std::views::split(options, ' ')) {
    const std::string option(word.begin(), word.end());
    if (!option.starts_with("-m") || option.starts_with("-mtune=")) continue;
    const auto known = std::ranges::find(kFeatureOptions, option, &FeatureOption::option);
    if (known == kFeatureOptions.end()) {
      ADD_FAILURE() << option << " allows instructions that nothing asks the CPU for";
    } else {
      features.push_back(known->feature);
    }
  }
  EXPECT_FALSE(features.empty()) << options;
  return features;
}

/// `runs_on` is true with every feature, and false as soon as one is missing that `options` allow
/// the compiler to use.
template <class RunsOn>
void expect_needs(std::string_view options, RunsOn runs_on) {
  EXPECT_TRUE(runs_on(every_feature()));
  for (const crypto::CpuFeature feature : features_allowed_by(options)) {
    EXPECT_FALSE(runs_on(every_feature().without(feature)))
        << options << ": number " << static_cast<int>(feature) << " is not asked for";
  }
}

}  // namespace nautilus::test
