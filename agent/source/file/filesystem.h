// Which filesystems tell about changes.
#pragma once

namespace lokitail::agent {

// Whether inotify misses changes that are made elsewhere: network filesystems and FUSE. `descriptor` is
// of any file or folder there.
bool needs_polling(int descriptor);

}  // namespace lokitail::agent
