#include <algorithm>

#include "core/scenario/interventions.hpp"
#include "core/scenario/route.hpp"
#include "core/scenario/scenario.hpp"
#include "core/scenario/words.hpp"

namespace loopgate {

namespace {

/// A key that overrides another: what is left out stays as it is.
Key own_key(const Key& key) { return optional(key.name, key.schema, key.summary); }

Schema agent_schema(const Catalog& catalog) {
  Schema agent = component("type", catalog.agents.descriptions());
  agent.keys.push_back(
      optional("label", text(), "name in the trace; decides the agent's random numbers; default: its type"));
  std::vector<Key> own;
  for (const Description& model : catalog.score_models.descriptions())
    for (const std::string& name : model.per_agent)
      own.push_back(own_key(*std::ranges::find(model.keys, name, &Key::name)));
  agent.keys.push_back(
      optional("score_model", record(std::move(own)),
               "what the score model in this agent's loop does otherwise than environment.score_model"));
  return agent;
}

Schema environment_schema(const Catalog& catalog) {
  return record(
      {required("population", component("type", catalog.populations.descriptions()), "who is out there"),
       defaulted("score_model", component("type", catalog.score_models.descriptions()), "{type: identity}",
                 "what turns an applicant into a score"),
       required("arrivals", component("type", catalog.arrivals.descriptions()),
                "how many apply: batches at each decision, or single applicants in continuous time"),
       defaulted("utility",
                 record({defaulted("success", number(), "1", "value of an accepted success"),
                         defaulted("failure", number(), "-1", "value of an accepted failure")}),
                 "{}", "what an accepted applicant is worth; a rejected one is worth 0"),
       defaulted("outcomes",
                 record({defaulted("delay", component("law", catalog.delays.descriptions()), "{law: fixed, time: 0}",
                                   "from the decision until an outcome is known, of each on its own"),
                         defaulted("lost", number({0.0, 1.0, false, true}), "0",
                                   "probability that an outcome is never known")}),
                 "{}", "when it is known whether an accepted applicant succeeds"),
       defaulted("dynamics", list_of(component("type", catalog.dynamics.descriptions())), "[]",
                 "rules that move the population after each epoch, applied in order")});
}

Schema clock_schema() {
  return component("type",
                   {{"every",
                     "at equal intervals: with batches at 0, interval, ...; with arrivals in continuous time at "
                     "interval, 2 interval, "
                     "...",
                     {defaulted("interval", number({0.0, 1e9, true}), "1", "time from one decision to the next")}},
                    {"arrivals",
                     "whenever so many applicants have come, in continuous time",
                     {required("count", integer(1, 4e9), "applicants of a decision")}},
                    {"each", "as soon as an applicant comes, in continuous time", {}}},
                   "every");
}

Schema constraints_schema(const Catalog& catalog) {
  std::vector<Key> keys;
  for (const Description& constraint : catalog.constraints.descriptions())
    keys.push_back(optional(constraint.name, record(constraint.keys), constraint.summary));
  return record(std::move(keys));
}

}  // namespace

Schema scenario_schema(const Catalog& catalog) {
  constexpr double most_epochs = 4294967295.0;  // an epoch is one 32-bit word of the counter
  return record(
      {required("scenario", text(), "name of the scenario, kept in the trace"),
       required("seed", whole_64(), "key of every random number; the same seed gives the same trace"),
       defaulted("replications", integer(1, 1e6), "1", "independent runs of each agent"),
       required("horizon", integer(1, most_epochs), "decision epochs of a replication"),
       defaulted("clock", clock_schema(), "{type: every}", "when decisions fall"),
       defaulted(
           "fidelity", choice(names_of<Fidelity>()), "individuals",
           "individuals: every applicant is drawn; counts: each epoch's counts from their exact law, at a cost that "
           "does not grow with the batch; mean_field: expected counts, the limit of infinitely many applicants"),
       defaulted("feedback", choice(names_of<FeedbackRegime>()), "bandit",
                 "what agents may see after a decision. bandit: its reward and residuals; semi: also group, score and "
                 "decision of every applicant and the success of the accepted; full: also the success of the rejected, "
                 "and for oracles the law itself. An agent is told no more than it needs"),
       required("environment", environment_schema(catalog),
                "who applies, how they are scored, and what decisions change"),
       defaulted("interventions", interventions_schema(), "[]", "dated changes of what else stays as it is"),
       defaulted("constraints", constraints_schema(catalog), "{}", "what decisions should satisfy"),
       optional("route", route_schema(catalog),
                "stages of the decision; without it one decision of everyone at once, by the agent"),
       required("agents", list_of(agent_schema(catalog), 1), "who chooses thresholds; all face the same applicants"),
       defaulted("trace",
                 record({defaulted("level", choice(names_of<TraceLevel>()), "epochs",
                                   "epochs: one record per decision epoch, of which `loopgate expand` makes the "
                                   "applicants again; applicants: every applicant too; replay: another word for "
                                   "epochs"),
                         defaulted("compression", choice(names_of<Compression>()), "deflate",
                                   "of the trace's datasets; bitshuffle_lz4 needs HDF5's plugin, to read too"),
                         optional("arms", integer(1, most_epochs),
                                  "every so many epochs, what each learner holds of its arms beside the exact value")}),
                 "{}", "what the trace keeps")});
}

}  // namespace loopgate
