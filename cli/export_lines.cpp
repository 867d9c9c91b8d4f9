#include "cli/export_lines.hpp"

#include <algorithm>
#include <charconv>

#include "cli/csv.hpp"
#include "core/error.hpp"
#include "core/trace/epoch_columns.hpp"

namespace loopgate::cli {

namespace {

constexpr std::size_t piece_numbers = 1 << 16;  // held of each dataset

/// Calls take(agent, replication, end of its epochs in the selection) for each replication that has some.
template <class Take>
void each_replication(const TraceReader& trace, const ExportSelection& selection, Take take) {
  for (const std::string& agent : selection.agents) {
    const auto written = trace.epochs_written(agent);
    for (std::uint32_t r = selection.replications.first; r < selection.replications.second; ++r)
      take(agent, r, static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], selection.epochs.second)));
  }
}

/// Calls take(begin, end) for pieces of begin..end - 1 that have about piece_numbers, until interrupted.
template <class Take>
void each_piece(const ExportSelection& selection, std::uint32_t begin, std::uint32_t end, std::size_t width,
                Take take) {
  const auto step = static_cast<std::uint32_t>(std::max<std::size_t>(1, piece_numbers / width));
  for (std::uint32_t t = begin; t < end && !selection.interrupted;) {
    const std::uint32_t next = t + std::min(step, end - t);
    take(t, next);
    t = next;
  }
}

/// One number of ours that is no NaN: a count, an index.
void append(std::string& line, std::uint32_t number) {
  char digits[16];
  line.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

std::string start_of_line(const std::string& agent, std::uint32_t replication) {
  return csv_field(agent) + ',' + std::to_string(replication) + ',';
}

/// One dataset of an agent, and what stands between the epoch and each of its numbers.
struct Quantity {
  const char* name;
  std::vector<std::string> between;  ///< ",quantity,subject," of each subject
  std::vector<double> values;        ///< of the piece at hand, [epochs x subjects]
};

std::vector<std::string> subjects_of(const TraceReader& trace, Inner inner) {
  switch (inner) {
    case Inner::none:
      return {""};
    case Inner::group:
      return trace.groups;
    case Inner::constraint:
      return trace.constraints;
    case Inner::state:
      return trace.states;
    case Inner::stage:
      return trace.stages;
    case Inner::stage_group: {
      std::vector<std::string> all;
      for (const std::string& stage : trace.stages)
        for (const std::string& group : trace.groups) all.push_back(stage + ':' + group);
      return all;
    }
  }
  return {};
}

std::vector<Quantity> quantities_of(const TraceReader& trace, const std::string& agent) {
  std::vector<Quantity> all;
  for (const EpochColumn& column : epoch_columns) {
    if (!trace.has(agent, column.name)) continue;
    Quantity& one = all.emplace_back(Quantity{column.name, {}, {}});
    for (const std::string& subject : subjects_of(trace, column.inner))
      one.between.push_back(std::string(",") + column.name + ',' + csv_field(subject) + ',');
  }
  return all;
}

}  // namespace

void export_epochs(const TraceReader& trace, const ExportSelection& selection, TextOutput& out) {
  out.text += "agent,replication,epoch,quantity,subject,value\n";
  const std::size_t widest =
      std::max({std::size_t{1}, trace.groups.size() * std::max<std::size_t>(1, trace.stages.size()),
                trace.constraints.size(), trace.states.size()});
  each_replication(trace, selection, [&](const std::string& agent, std::uint32_t r, std::uint32_t end) {
    const std::string start = start_of_line(agent, r);
    std::vector<Quantity> quantities = quantities_of(trace, agent);
    each_piece(selection, selection.epochs.first, end, widest, [&](std::uint32_t first, std::uint32_t next) {
      for (Quantity& one : quantities) one.values = trace.read(agent, one.name, r, first, next);
      for (std::uint32_t t = first; t < next; ++t) {
        const std::string epoch = start + std::to_string(t);
        for (const Quantity& one : quantities) {
          const std::size_t n = one.between.size();
          for (std::size_t i = 0; i < n; ++i) {
            out.text.append(epoch).append(one.between[i]);
            append_csv_number(out.text, one.values[(t - first) * n + i]);
            out.text += '\n';
          }
        }
        out.write_if_long();
      }
    });
  });
}

void export_arms(const TraceReader& trace, const ExportSelection& selection, TextOutput& out) {
  out.text += "agent,replication,epoch,stream,arm";
  for (const ArmColumn& column : arm_columns) out.text.append(1, ',').append(column.name);
  out.text += '\n';
  each_replication(trace, selection, [&](const std::string& agent, std::uint32_t r, std::uint32_t written) {
    if (!trace.has(agent, "arms")) return;
    const std::vector<std::int64_t> audited = trace.audited_epochs(agent);
    const auto index = [&](std::uint32_t epoch) {
      return static_cast<std::uint32_t>(std::ranges::lower_bound(audited, std::int64_t{epoch}) - audited.begin());
    };
    const std::string start = start_of_line(agent, r);
    std::vector<std::string> arms;  // ",stream,arm" of each
    for (const std::string& stream : trace.arm_streams(agent))
      for (const double arm : trace.arm_thresholds(agent)) {
        arms.push_back(',' + csv_field(stream) + ',');
        append_csv_number(arms.back(), arm);
      }
    const std::size_t width = arms.size();
    each_piece(selection, index(selection.epochs.first), index(written), width,
               [&](std::uint32_t first, std::uint32_t next) {
                 std::vector<std::vector<double>> columns;
                 for (const ArmColumn& column : arm_columns)
                   columns.push_back(trace.read(agent, std::string("arms/") + column.name, r, first, next));
                 for (std::uint32_t k = first; k < next; ++k) {
                   const std::string epoch = start + std::to_string(audited[k]);
                   for (std::size_t i = 0; i < width; ++i) {
                     out.text.append(epoch).append(arms[i]);
                     for (const std::vector<double>& column : columns) {
                       out.text += ',';
                       append_csv_number(out.text, column[(k - first) * width + i]);
                     }
                     out.text += '\n';
                   }
                   out.write_if_long();
                 }
               });
  });
}

void export_rows(const ApplicantReader& reader, const ExportSelection& selection, TextOutput& out) {
  const bool staged = !reader.stages.empty();
  out.text += reader.finite ? "agent,replication,epoch,group,type,score,accepted,success,propensity"
                            : "agent,replication,epoch,group,score,accepted,success,propensity";
  out.text += staged ? ",stage,arrived_at,decided_at\n" : "\n";
  std::vector<std::string> stage;  // ",stage," of each
  for (const std::string& name : reader.stages) stage.push_back(',' + csv_field(name) + ',');
  std::vector<std::string> group;  // ",group," of each
  for (const std::string& name : reader.groups) group.push_back(',' + csv_field(name) + ',');
  for (const std::string& agent : selection.agents)
    for (std::uint32_t r = selection.replications.first; r < selection.replications.second; ++r) {
      const ApplicantReader::Epochs held = reader.epochs(agent, r);
      const std::uint32_t begin = std::max(held.begin, selection.epochs.first);
      const std::uint32_t end = std::min(held.end, selection.epochs.second);
      if (begin >= end) continue;
      const std::string start = start_of_line(agent, r);
      reader.read(agent, r, begin, end, [&](const ApplicantPiece& piece) {
        for (std::size_t i = 0; i < piece.size() && !selection.interrupted; ++i) {
          out.text += start;
          append(out.text, piece.epoch[i]);
          out.text += group[piece.group[i]];
          if (reader.finite) append(out.text, piece.type[i]);
          if (reader.finite) out.text += ',';
          append_csv_number(out.text, piece.score[i]);
          out.text.append(piece.accepted[i] != 0 ? ",1," : ",0,").append(piece.success[i] != 0 ? "1," : "0,");
          append_csv_number(out.text, piece.propensity[i]);
          if (staged) {
            out.text += stage[piece.stage[i]];
            append_csv_number(out.text, piece.arrived_at[i]);
            out.text += ',';
            append_csv_number(out.text, piece.decided_at[i]);
          }
          out.text += '\n';
          out.write_if_long();
        }
      });
    }
}

}  // namespace loopgate::cli
