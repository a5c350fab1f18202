// What the pages in docs/ show, so that it is run. For programs that are built with LOKITAIL_DOCS.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"

namespace lokitail::test {

inline std::string read_page(const std::string& page) {
  return read_file(std::filesystem::path(LOKITAIL_DOCS) / page);
}

// The jobs that the first example of a page has, or the first behind a heading, with `text`, which is to be there,
// replaced.
inline std::string job_of_page(const std::string& page, const std::string& text,
                               const std::string& replacement, const std::string& heading = "") {
  const std::string all = read_page(page);
  const std::string head = "scrape_configs:\n";
  REQUIRE(all.find(heading) != all.npos);
  const std::size_t begin = all.find(head, all.find(heading)) + head.size();
  std::string job = all.substr(begin, all.find("```", begin) - begin);
  REQUIRE(job.find(text) != job.npos);
  return job.replace(job.find(text), text.size(), replacement);
}

}  // namespace lokitail::test
