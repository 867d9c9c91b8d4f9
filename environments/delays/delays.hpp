#pragma once

#include <memory>

#include "core/model/delay.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Always the same time.
Description describe_fixed_delay();
std::unique_ptr<Delay> make_fixed_delay(const Node& settings, Diagnostics& diagnostics);

/// exp(-t / mean) is what is left after t.
Description describe_exponential_delay();
std::unique_ptr<Delay> make_exponential_delay(const Node& settings, Diagnostics& diagnostics);

/// The logarithm is normal.
Description describe_lognormal_delay();
std::unique_ptr<Delay> make_lognormal_delay(const Node& settings, Diagnostics& diagnostics);

/// exp(-(t / scale)^shape) is what is left after t.
Description describe_weibull_delay();
std::unique_ptr<Delay> make_weibull_delay(const Node& settings, Diagnostics& diagnostics);

/// One of some times.
Description describe_table_delay();
std::unique_ptr<Delay> make_table_delay(const Node& settings, Diagnostics& diagnostics);

}  // namespace loopgate
