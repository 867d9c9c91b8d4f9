#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/support/source_dir.hpp"

std::string loopgate::test::source_dir() { return LOOPGATE_SOURCE_DIR; }
