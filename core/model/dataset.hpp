#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// Labelled rows of people with their features: what a score model learns from and what it scores.
struct Dataset {
  std::vector<std::string> groups;         ///< [n_groups] names
  std::vector<std::uint32_t> group;        ///< [n_rows] index into groups
  std::vector<std::uint8_t> success;       ///< [n_rows] 1 iff the potential outcome is a success
  std::vector<std::string> feature_names;  ///< [n_features]; a categorical column gives `column=value` features
  std::vector<double> features;            ///< [n_rows x n_features] row-major; numeric columns as in the file
  std::vector<std::uint8_t> numeric;  ///< [n_features] 1: a numeric column, to be standardised by a learner; 0: one-hot
  std::vector<std::string> column_names;     ///< every column of the file, for messages and the `column` score model
  std::vector<std::vector<double>> columns;  ///< [n_columns][n_rows] values of numeric columns; empty for the others
  /// [n_columns] where in the file a column has a cell that keeps it from being numeric, though most are numbers; else
  /// empty. feature_problems: the same of the features, which must not be used if there are any.
  std::vector<std::string> column_problems, feature_problems;

  std::size_t n_rows() const noexcept { return group.size(); }
  std::size_t n_features() const noexcept { return feature_names.size(); }
};

}  // namespace loopgate
