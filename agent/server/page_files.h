// The files of agent/server/page/ as they lie in the program: packed with gzip. page_files.cc is made by
// agent/server/page/pack.py when the agent is built.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <string_view>

namespace lokitail::agent {

struct PageFile {
  const char* content_type;
  const char* etag;  // in its quotes
  std::size_t size;  // unpacked
  std::string_view packed;
};

extern const PageFile kPageHtml;
extern const PageFile kPageScript;
extern const PageFile kPageStyle;

}  // namespace lokitail::agent
