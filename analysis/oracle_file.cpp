#include "analysis/oracle_file.hpp"

#include <cmath>

#include "analysis/constraint_statistics.hpp"
#include "core/error.hpp"
#include "core/scenario/words.hpp"
#include "core/trace/file_parts.hpp"

namespace loopgate {

namespace {

constexpr std::uint64_t sidecar_version = 2;  ///< 2: with the scenario, so that what differs can be named

void write(const hdf5::Handle& file, const std::string& name, const std::vector<double>& values,
           std::vector<const hdf5::Handle*> scales) {
  hdf5::Dims dims;
  std::uint64_t size = 1;
  for (const hdf5::Handle* scale : scales) {
    dims.push_back(hdf5::dims(*scale).at(0));
    size *= dims.back();
  }
  LOOPGATE_EXPECT(size == values.size());
  const hdf5::Handle data = hdf5::create_numbers(file, name, hdf5::Element::float64, dims, {});
  hdf5::write_numbers(data, values);
  hdf5::attach_scales(data, scales);
}

/// One column of the sweep, row-major where an arm has several values.
template <class Get>
std::vector<double> gathered(const OracleResult& result, const Get& get) {
  std::vector<double> all;
  for (const ArmOutcome& arm : result.sweep) {
    const std::vector<double> values = get(arm);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

void write_sweep(const hdf5::Handle& file, const Scenario& scenario, const OracleResult& result) {
  using Values = std::vector<double>;
  const hdf5::Handle threshold =
      hdf5::create_numbers(file, "threshold", hdf5::Element::float64, {result.sweep.size()}, {});
  hdf5::write_numbers(threshold, gathered(result, [](const auto& arm) { return Values{arm.threshold}; }));
  hdf5::make_scale(threshold, "threshold");
  const auto column = [&](const char* name, auto get) {
    write(file, name, gathered(result, [&](const auto& arm) { return Values{static_cast<double>(get(arm))}; }),
          {&threshold});
  };
  column("reward", [](const ArmOutcome& arm) { return arm.reward; });
  column("reward_half_width", [](const ArmOutcome& arm) { return arm.reward_half_width; });
  column("reward_now", [](const ArmOutcome& arm) { return arm.reward_now; });
  column("spectral_radius", [](const ArmOutcome& arm) { return arm.spectral_radius; });
  column("other_fixed_points", [](const ArmOutcome& arm) { return arm.others.size(); });
  column("feasible", [](const ArmOutcome& arm) {
    return arm.verdict == Feasibility::feasible ? 1.0 : arm.verdict == Feasibility::infeasible ? 0.0 : undefined;
  });
  if (result.mixture.exists()) write(file, "mixture_weight", result.mixture.weight, {&threshold});
  if (scenario.n_residuals() == 0) return;
  const hdf5::Handle constraint = create_name_scale(file, "constraint", scenario.residual_names);
  const auto residuals = [&](const char* name, Values ArmOutcome::*values) {
    write(file, name, gathered(result, [&](const auto& arm) { return arm.*values; }), {&threshold, &constraint});
  };
  residuals("residual", &ArmOutcome::residual);
  residuals("residual_half_width", &ArmOutcome::residual_half_width);
  residuals("undefined_share", &ArmOutcome::undefined_share);
  residuals("residual_now", &ArmOutcome::residual_now);
}

void write_comparator(const hdf5::Handle& file, const Scenario& scenario, const Comparator& comparator) {
  const hdf5::Handle epoch = create_index_scale(file, "epoch", 0, scenario.n_epochs);
  std::vector<double> reward, residual;
  expected_path(scenario, comparator.threshold, reward, residual);
  write(file, "comparator_reward", reward, {&epoch});
  if (scenario.n_residuals() > 0) {
    const hdf5::Handle constraint = hdf5::open_dataset(file, "constraint");
    write(file, "comparator_residual", residual, {&epoch, &constraint});
  }
  hdf5::set_attribute(file, "comparator_threshold", comparator.threshold);
  hdf5::set_attribute(file, "comparator_expected", comparator.reward);
  hdf5::set_attribute(file, "comparator_feasible", static_cast<std::uint8_t>(comparator.feasible));
}

void write_all(const hdf5::Handle& file, const Scenario& scenario, const OracleSettings& settings,
               const OracleResult& result) {
  write_provenance(file, trace_layout(scenario));
  hdf5::create_string(file, "scenario_resolved", scenario.resolved);
  const hdf5::Handle inputs = hdf5::create_group(file, "inputs");
  if (const auto types = scenario.law->types(); !types.empty()) write_types(inputs, types);
  hdf5::set_attribute(file, "oracle_version", sidecar_version);
  hdf5::set_attribute(file, "objective",
                      std::string(settings.objective == Objective::horizon ? "horizon" : "stationary"));
  hdf5::set_attribute(file, "fidelity", std::string(name_of(settings.fidelity)));
  hdf5::set_attribute(file, "tolerance", result.tolerance);
  hdf5::set_attribute(file, "tail_begin", std::uint64_t{result.tail_begin});
  hdf5::set_attribute(file, "tail_end", std::uint64_t{result.tail_end});
  if (settings.fidelity == Fidelity::counts) {
    hdf5::set_attribute(file, "oracle_seed", static_cast<std::uint64_t>(result.seed));
    hdf5::set_attribute(file, "oracle_replications", std::uint64_t{result.n_replications});
  }
  write_sweep(file, scenario, result);
  if (result.best || result.least_violating)
    write_comparator(file, scenario, comparator_of(scenario, settings, result));
}

hdf5::Handle open_sidecar(const std::string& path) {
  hdf5::Handle file = hdf5::open_file(path, hdf5::Mode::read);
  if (!hdf5::has_attribute(file, "oracle_version"))
    throw TraceError(path + ": an HDF5 file, but not one of `loopgate oracle --save`");
  if (hdf5::number_attribute(file, "oracle_version") != static_cast<double>(sidecar_version))
    throw TraceError(path + ": of another format version (expected " + std::to_string(sidecar_version) +
                     "): write it again with `loopgate oracle --save --force`");
  return file;
}

Objective objective_of(const hdf5::Handle& file) {
  return hdf5::string_attribute(file, "objective") == "horizon" ? Objective::horizon : Objective::stationary;
}

std::vector<double> read_all(const hdf5::Handle& file, const std::string& name) {
  const hdf5::Handle data = hdf5::open_dataset(file, name);
  const hdf5::Dims dims = hdf5::dims(data);
  return hdf5::read_numbers(data, hdf5::Dims(dims.size(), 0), dims);
}

}  // namespace

Comparator comparator_of(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result) {
  LOOPGATE_EXPECT(result.best || result.least_violating);
  const ArmOutcome& arm = result.sweep[result.best ? *result.best : *result.least_violating];
  Comparator out;
  out.scenario = {{}, scenario.resolved, scenario.law->types()};
  out.objective = settings.objective;
  out.feasible = result.best.has_value();
  out.threshold = arm.threshold;
  out.reward = arm.reward;
  return out;
}

void save_oracle(const std::string& path, const Scenario& scenario, const OracleSettings& settings,
                 const OracleResult& result) {
  write_whole_file(path, [&](const hdf5::Handle& file) {
    write_all(file, scenario, settings, result);
    return true;
  });
}

Comparator load_comparator(const std::string& path) {
  const hdf5::Handle file = open_sidecar(path);
  if (!hdf5::has_attribute(file, "comparator_threshold"))
    throw TraceError(path +
                     ": no threshold of that sweep comes to rest with every constraint defined, so there is nothing to "
                     "compare with");
  Comparator out;
  out.scenario = {path, hdf5::read_string(hdf5::open_dataset(file, "scenario_resolved")),
                  read_types(hdf5::open_group(file, "inputs"))};
  out.objective = objective_of(file);
  out.feasible = hdf5::number_attribute(file, "comparator_feasible") != 0.0;
  out.threshold = hdf5::number_attribute(file, "comparator_threshold");
  out.reward = hdf5::number_attribute(file, "comparator_expected");
  return out;
}

SavedSweep load_sweep(const std::string& path) {
  const hdf5::Handle file = open_sidecar(path);
  SavedSweep out;
  out.objective = objective_of(file);
  if (hdf5::string_attribute(file, "fidelity") == "counts") out.fidelity = Fidelity::counts;
  out.threshold = read_all(file, "threshold");
  out.reward = read_all(file, "reward");
  out.reward_half_width = read_all(file, "reward_half_width");
  out.feasible = read_all(file, "feasible");
  out.worst_residual.assign(out.threshold.size(), undefined);
  if (!hdf5::exists(file, "residual")) return out;
  const std::vector<double> residual = read_all(file, "residual");
  const std::size_t n_residuals = residual.size() / out.threshold.size();
  for (std::size_t k = 0; k < out.threshold.size(); ++k)
    out.worst_residual[k] = worst_residual(std::span(residual).subspan(k * n_residuals, n_residuals));
  return out;
}

std::vector<double> comparator_rewards(const Comparator& comparator, std::uint32_t begin, std::uint32_t end) {
  LOOPGATE_EXPECT(begin <= end);
  const std::string& path = comparator.scenario.path;
  const hdf5::Handle file = hdf5::open_file(path, hdf5::Mode::read);
  try {
    return hdf5::read_numbers(hdf5::open_dataset(file, "comparator_reward"), {begin}, {end - begin});
  } catch (const TraceError& problem) {
    throw TraceError(path + ": /comparator_reward: " + problem.what());
  }
}

}  // namespace loopgate
