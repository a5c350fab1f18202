// The page at `/`: one HTML document with its script and style, which are in the program. They are files of
// agent/server/page/, packed when the agent is built and unpacked for clients that cannot do it themselves;
// what they take is not touched before somebody asks for it.
//
// Threads: the control thread. Errors: none.
#pragma once

#include "agent/server/http_server.h"

namespace lokitail::agent {

// At `/` and where Promtail has pages, under the server's path prefix. Before the server is started.
void serve_page(HttpServer& server);

}  // namespace lokitail::agent
