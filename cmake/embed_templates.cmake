# Turns cli/templates/NAME.yaml into a C++ source, so that an installed program has them without files.
file(GLOB template_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/templates/*.yaml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${template_files})
set(entries "")
foreach(path ${template_files})
  cmake_path(GET path STEM name)
  file(READ ${path} text)
  string(APPEND entries "    {\"${name}\", R\"yaml(${text})yaml\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/templates.cpp CONTENT [[
#include "cli/templates.hpp"

const std::vector<loopgate::cli::Template>& loopgate::cli::templates() {
  static const std::vector<Template> all{
@entries@  };
  return all;
}
]] @ONLY)
