#pragma once

#include <cstdio>
#include <string>

namespace loopgate::cli {

/// Text on its way to a file or, for `-`, to standard output. A file has its name only when it is whole: until then it
/// is called NAME.partial, which is removed if it does not come to that. Whatever cannot be written throws TraceError.
class TextOutput {
 public:
  explicit TextOutput(std::string path);
  ~TextOutput();
  TextOutput(const TextOutput&) = delete;
  TextOutput& operator=(const TextOutput&) = delete;

  std::string text;      ///< append here
  void write_if_long();  ///< call after some lines, so that `text` stays short
  void complete();       ///< writes what is left and gives the file its name

 private:
  void write();
  [[noreturn]] void fail(const char* what) const;
  bool to_stdout() const { return path_ == "-"; }
  std::string unfinished() const { return path_ + ".partial"; }

  std::string path_;
  std::FILE* file_;
  bool whole_ = false;
};

}  // namespace loopgate::cli
