#include "analysis/analysis_file.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "analysis/metric_series.hpp"
#include "core/error.hpp"
#include "core/trace/codec.hpp"
#include "core/trace/file_parts.hpp"

namespace loopgate {

namespace {

using hdf5::Handle;

constexpr std::uint64_t analysis_version = 1;
const std::vector<std::string> statistics{"mean", "low", "high", "n"};

/// Dimension scales of the whole file.
struct Scales {
  Handle epoch, group, residual, statistic;
};

void numbers(const Handle& parent, const std::string& name, const std::vector<double>& values,
             const std::vector<const Handle*>& scales) {
  hdf5::Dims dims;
  for (const Handle* scale : scales) dims.push_back(hdf5::dims(*scale).at(0));
  const Handle data = hdf5::create_numbers(parent, name, hdf5::Element::float64, dims, {});
  hdf5::write_numbers(data, values);
  hdf5::attach_scales(data, scales);
  hdf5::set_attribute(data, "units", std::string("1"));
}

/// One line a metric, in the order of `rows`, with the value of each replication; NaN where there is one of all only.
void write_table(const Handle& agent, const char* name, const AgentMetrics& metrics,
                 const std::vector<MetricValue>& rows) {
  if (rows.empty()) return;
  const Handle table = hdf5::create_group(agent, name), row = hdf5::create_dimension(table, "row", rows.size());
  hdf5::hard_link(agent, "replication", table);
  const Handle replication = hdf5::open_dataset(table, "replication");
  const auto words = [&](const char* column, std::string MetricValue::*member) {
    std::vector<std::string> values;
    for (const MetricValue& one : rows) values.push_back(one.*member);
    hdf5::attach_scales(hdf5::create_strings(table, column, values), {&row});
  };
  const auto column = [&](const char* title, auto get) {
    std::vector<double> values;
    for (const MetricValue& one : rows) values.push_back(static_cast<double>(get(one)));
    numbers(table, title, values, {&row});
  };
  for (const auto& [title, member] :
       {std::pair{"metric", &MetricValue::metric}, std::pair{"basis", &MetricValue::basis},
        std::pair{"view", &MetricValue::view}, std::pair{"subject", &MetricValue::subject},
        std::pair{"highest", &MetricValue::highest}, std::pair{"lowest", &MetricValue::lowest}})
    words(title, member);
  column("mean", [](const MetricValue& one) { return one.estimate.mean; });
  column("low", [](const MetricValue& one) { return one.estimate.low; });
  column("high", [](const MetricValue& one) { return one.estimate.high; });
  column("bca_low", [](const MetricValue& one) { return one.bca.low; });
  column("bca_high", [](const MetricValue& one) { return one.bca.high; });
  column("n", [](const MetricValue& one) { return one.estimate.n; });
  column("numerator", [](const MetricValue& one) { return one.numerator; });
  column("denominator", [](const MetricValue& one) { return one.denominator; });
  column("survival", [](const MetricValue& one) { return one.survival; });
  column("censored", [](const MetricValue& one) { return one.n_censored; });
  std::vector<double> values;
  for (const MetricValue& one : rows) {
    LOOPGATE_EXPECT(one.values.empty() || one.values.size() == metrics.replications.size());
    values.insert(values.end(), one.values.begin(), one.values.end());
    if (one.values.empty()) values.resize(values.size() + metrics.replications.size(), undefined);
  }
  numbers(table, "value", values, {&row, &replication});
}

/// The series of one list: a dataset a metric, [statistic, epoch(, group or residual)], filled piece by piece.
class SeriesGroup {
 public:
  SeriesGroup(const Handle& agent, const char* name, const Scales& scales, const MetricSeries::Estimates& estimates,
              std::uint32_t chunk)
      : estimates_(estimates), chunk_(chunk), group_(hdf5::create_group(agent, name)) {
    for (const char* scale : {"statistic", "epoch", "group", "residual"})
      if (hdf5::exists(agent, scale)) hdf5::hard_link(agent, scale, group_);
    const std::span<const MetricKey> keys = estimates.list.keys();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto same = [&](const Dataset& one) { return is_same(*one.key, keys[i]); };
      const auto found = std::ranges::find_if(datasets_, same);
      if (found != datasets_.end()) found->columns.push_back(i);
      else datasets_.push_back({&keys[i], {}, {i}});
    }
    for (Dataset& one : datasets_) create(one, scales);
  }

  void write(Window window, Window piece) {
    const std::size_t n_epochs = piece.end - piece.begin;
    std::mutex library;
    for (const Dataset& one : datasets_) {
      const std::size_t width = one.columns.size();
      values_.assign(statistics.size() * chunk_ * width, undefined);
      for (std::size_t t = 0; t < n_epochs; ++t)
        for (std::size_t i = 0; i < width; ++i) {
          const Estimate e = estimates_.grid.at(t * estimates_.list.size() + one.columns[i]);
          const double all[] = {e.mean, e.low, e.high, static_cast<double>(e.n)};
          for (std::size_t s = 0; s < statistics.size(); ++s) values_[(s * chunk_ + t) * width + i] = all[s];
        }
      bytes_.resize(chunk_ * width * sizeof(double));
      for (std::size_t s = 0; s < statistics.size(); ++s) {
        std::memcpy(bytes_.data(), &values_[s * chunk_ * width], bytes_.size());
        hdf5::Dims offset{s, piece.begin - window.begin};
        if (one.key->of != MetricKey::Of::all) offset.push_back(0);
        encode_.write(one.data, hdf5::Layout::deflated, hdf5::Element::float64, offset, bytes_, library);
      }
    }
  }

 private:
  struct Dataset {
    const MetricKey* key;  ///< of the first subject
    Handle data;
    std::vector<std::size_t> columns;  ///< places in the list, one a subject
  };

  static bool is_same(const MetricKey& a, const MetricKey& b) {
    return std::string_view(a.metric) == b.metric && std::string_view(a.basis) == b.basis &&
           std::string_view(a.view) == b.view;
  }

  /// As in a trace, `expected_` tells a metric from the realised one of the same name.
  std::string name_of(const MetricKey& key) const {
    const bool both = std::ranges::any_of(estimates_.list.keys(), [&](const MetricKey& other) {
      return std::string_view(other.metric) == key.metric && std::string_view(other.basis) == "realised";
    });
    return (both && std::string_view(key.basis) == "expected" ? "expected_" : "") + std::string(key.metric);
  }

  /// What a reader has to know of a spread of rates that were counted.
  static const char* bias_of(const MetricKey& key) {
    if (!key.spread_of || std::string_view(key.basis) != "realised") return "";
    const bool ratio = std::string_view(key.metric).ends_with("ratio");
    return ratio ? ": biased downwards by chance, the more so the fewer applicants"
                 : ": biased upwards by chance, the more so the fewer applicants";
  }

  void create(Dataset& one, const Scales& scales) {
    hdf5::Dims dims{statistics.size(), hdf5::dims(scales.epoch).at(0)}, chunk{1, chunk_};
    std::vector<const Handle*> attached{&scales.statistic, &scales.epoch};
    if (one.key->of != MetricKey::Of::all) {
      attached.push_back(one.key->of == MetricKey::Of::group ? &scales.group : &scales.residual);
      dims.push_back(one.columns.size());
      chunk.push_back(one.columns.size());
    }
    one.data = hdf5::create_numbers(group_, name_of(*one.key), hdf5::Element::float64, dims,
                                    {hdf5::Layout::deflated, chunk, false});
    hdf5::attach_scales(one.data, attached);
    std::string title = one.key->metric;
    std::ranges::replace(title, '_', ' ');
    hdf5::set_attribute(one.data, "long_name", title + ", " + one.key->basis + bias_of(*one.key));
    hdf5::set_attribute(one.data, "units", std::string("1"));
    hdf5::set_attribute(one.data, "basis", std::string(one.key->basis));
  }

  const MetricSeries::Estimates& estimates_;
  std::uint32_t chunk_;  ///< epochs of a chunk
  Handle group_;
  std::vector<Dataset> datasets_;
  ChunkEncoder encode_;
  std::vector<double> values_;  ///< [statistics x chunk x subjects]
  std::vector<unsigned char> bytes_;
};

/// False if interrupted.
bool write_series(const Handle& agent, const Scales& scales, const TraceReader& trace, const AgentMetrics& metrics,
                  Window window, const std::atomic<bool>& interrupted) {
  MetricSeries series(trace, metrics.label, window);
  SeriesGroup epochs(agent, "epochs", scales, series.of_epochs(), series.piece_size());
  SeriesGroup cumulative(agent, "cumulative", scales, series.so_far(), series.piece_size());
  while (!interrupted && series.next()) {
    epochs.write(window, series.piece());
    cumulative.write(window, series.piece());
  }
  return !interrupted;
}

void write_attributes(const Handle& file, const TraceReader& trace, const Analysis& analysis) {
  TraceLayout layout;
  layout.scenario_name = trace.scenario_name;
  layout.scenario_resolved = trace.scenario_resolved;
  layout.seed = static_cast<Seed>(trace.seed);
  write_provenance(file, layout);
  hdf5::set_attribute(file, "analysis_version", analysis_version);
  hdf5::set_attribute(file, "trace", trace.path);
  hdf5::set_attribute(file, "trace_complete", static_cast<std::uint8_t>(trace.complete));
  hdf5::set_attribute(file, "average_over", std::uint64_t{analysis.options.average_over});
  hdf5::set_attribute(file, "tail_share", tail_share);
  hdf5::set_attribute(file, "level", confidence_level);
}

bool write_all(const Handle& file, const TraceReader& trace, const Analysis& analysis,
               const std::atomic<bool>& interrupted) {
  const Window window = analysis.options.window;
  write_attributes(file, trace, analysis);
  Scales scales{create_index_scale(file, "epoch", window.begin, window.end),
                create_name_scale(file, "group", trace.groups),
                {},
                create_name_scale(file, "statistic", statistics)};
  if (!trace.constraints.empty()) {
    std::vector<std::string> residuals = trace.constraints;
    residuals.emplace_back(worst_of_residuals);
    scales.residual = create_name_scale(file, "residual", residuals);
  }
  const Handle agents = hdf5::create_group(file, "agents");
  for (const AgentMetrics& metrics : analysis.agents) {
    const Handle agent = hdf5::create_group(agents, metrics.label);
    for (const char* scale : {"statistic", "epoch", "group", "residual"})
      if (hdf5::exists(file, scale)) hdf5::hard_link(file, scale, agent);
    if (metrics.replications.empty()) continue;
    const Handle replication = hdf5::create_integers(
        agent, "replication", std::vector<std::int64_t>(metrics.replications.begin(), metrics.replications.end()));
    hdf5::make_scale(replication, "replication");
    write_table(agent, "window", metrics, metrics.window);
    write_table(agent, "tail", metrics, metrics.tail);
    write_table(agent, "loop", metrics, metrics.loop);
    write_table(agent, "stages", metrics, metrics.stages);
    if (!write_series(agent, scales, trace, metrics, window, interrupted)) return false;
  }
  return true;
}

}  // namespace

bool save_analysis(const std::string& path, const TraceReader& trace, const Analysis& analysis,
                   const std::atomic<bool>& interrupted) {
  return write_whole_file(path, [&](const Handle& file) { return write_all(file, trace, analysis, interrupted); });
}

}  // namespace loopgate
