# `loopgate report` writes a page that carries its plotting library: report/ and uPlot, which npm fetches, become one C++
# source. The library goes to the build folder, once for each content of the lock file: nothing is fetched after that.
set(LOOPGATE_REPORT AUTO CACHE STRING "Build `loopgate report`, which needs npm: AUTO (where it can be), ON (or stop), OFF")
set_property(CACHE LOOPGATE_REPORT PROPERTY STRINGS AUTO ON OFF)

# Sets `problem` to why the library could not be had; empty: `folder` holds it.
function(loopgate_fetch_uplot folder problem)
  set(source ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../report)
  file(SHA256 ${source}/package-lock.json wanted)
  set(had "")
  if(EXISTS ${folder}/fetched)
    file(READ ${folder}/fetched had)
  endif()
  set(${problem} "" PARENT_SCOPE)
  if(had STREQUAL wanted)
    return()
  endif()
  find_program(LOOPGATE_NPM npm)
  if(NOT LOOPGATE_NPM)
    set(${problem} "npm was not found" PARENT_SCOPE)
    return()
  endif()
  file(COPY ${source}/package.json ${source}/package-lock.json ${source}/.npmrc DESTINATION ${folder})
  execute_process(COMMAND ${LOOPGATE_NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline
    WORKING_DIRECTORY ${folder} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed OR NOT EXISTS ${folder}/node_modules/uplot/dist/uPlot.iife.min.js)
    string(REGEX MATCH "npm error [^\n]+" first "${said}")
    set(${problem} "`npm ci` failed (${first})" PARENT_SCOPE)
    return()
  endif()
  file(WRITE ${folder}/fetched ${wanted})
endfunction()

# Writes the page, or why there is none, as C++ to `output`.
function(loopgate_write_page output page missing)
  file(CONFIGURE OUTPUT ${output} CONTENT [[
#include "cli/report_template.hpp"

const std::string_view loopgate::cli::report_template = R"page(@page@)page";
const std::string_view loopgate::cli::report_missing = R"page(@missing@)page";
]] @ONLY)
endfunction()

# Writes report_template.cpp in the build folder.
function(loopgate_embed_report)
  set(source ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../report)
  set(folder ${PROJECT_BINARY_DIR}/report)
  set(output ${PROJECT_BINARY_DIR}/report_template.cpp)
  set(files page.html report.css report.js)
  foreach(name ${files} package-lock.json)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source}/${name})
  endforeach()
  if(LOOPGATE_REPORT STREQUAL "OFF")
    set(problem "LOOPGATE_REPORT is OFF")
  else()
    loopgate_fetch_uplot(${folder} problem)
    if(problem AND LOOPGATE_REPORT STREQUAL "ON")
      message(FATAL_ERROR "loopgate report: ${problem}; LOOPGATE_REPORT=AUTO builds without it")
    endif()
  endif()
  if(problem)
    message(STATUS "loopgate report: left out, since ${problem}")
    loopgate_write_page(${output} "" "${problem}")
    return()
  endif()
  set(library ${folder}/node_modules/uplot)
  file(READ ${source}/page.html page)
  foreach(part "licence:${library}/LICENSE" "library_style:${library}/dist/uPlot.min.css" "style:${source}/report.css"
      "library:${library}/dist/uPlot.iife.min.js" "script:${source}/report.js")
    string(FIND ${part} ":" colon)
    string(SUBSTRING ${part} 0 ${colon} name)
    math(EXPR after "${colon} + 1")
    string(SUBSTRING ${part} ${after} -1 path)
    file(READ ${path} text)
    string(REPLACE "<!--{${name}}-->" "${text}" page "${page}")
  endforeach()
  loopgate_write_page(${output} "${page}" "")
endfunction()
