#include "cli/text_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/error.hpp"
#include "core/trace/file_parts.hpp"

namespace loopgate::cli {

namespace {

constexpr std::size_t long_text = 1 << 20;  // bytes

}  // namespace

TextOutput::TextOutput(std::string path) : path_(std::move(path)) {
  if (to_stdout()) std::signal(SIGPIPE, SIG_DFL);  // a reader that has enough, such as head, ends the program quietly
  if (!to_stdout()) unlink(unfinished().c_str());  // whatever is there stays whole for those who hold or link it
  file_ = to_stdout() ? stdout : std::fopen(unfinished().c_str(), "wbx");
  if (file_ == nullptr) fail("cannot be created");
  text.reserve(long_text + (1 << 16));
}

TextOutput::~TextOutput() {
  if (to_stdout() || whole_) return;
  if (file_ != nullptr) std::fclose(file_);
  std::error_code ignored;
  std::filesystem::remove(unfinished(), ignored);
}

void TextOutput::write_if_long() {
  if (text.size() >= long_text) write();
}

void TextOutput::complete() {
  write();
  if (std::fflush(file_) != 0) fail("cannot be written");
  if (to_stdout()) return;
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot be written");
  give_name(unfinished(), path_);
  whole_ = true;
}

void TextOutput::write() {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail("cannot be written");
  text.clear();
}

void TextOutput::fail(const char* what) const {
  throw TraceError((to_stdout() ? "standard output" : unfinished()) + ": " + what + ": " + std::strerror(errno));
}

}  // namespace loopgate::cli
