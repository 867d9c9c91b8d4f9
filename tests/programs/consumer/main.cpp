#include <iostream>

#include "agents/register_agents.hpp"

int main() {
  loopgate::Catalog catalog;
  loopgate::register_agents(catalog);
  std::cout << catalog.agents.descriptions().size() << " agents\n";
}
