#include "agent/source/file/filesystem.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace lokitail::agent {

// The numbers are those of statfs(2), linux/magic.h and the filesystems' own sources.
bool needs_polling(int descriptor) {
  constexpr std::array<std::uint32_t, 16> kRemote = {
      0x6969,      // NFS
      0x517B,      // SMB
      0xFF534D42,  // CIFS
      0xFE534D42,  // SMB2
      0x65735546,  // FUSE
      0x01021997,  // 9P
      0x5346414F,  // AFS
      0x6B414653,  // kAFS
      0x00C36400,  // Ceph
      0x01161970,  // GFS2
      0x7461636F,  // OCFS2
      0x73757245,  // Coda
      0x564C,      // NCP
      0x0BD00BD0,  // Lustre
      0x786F4256,  // VirtualBox shared folders
      0xBACBACBC,  // VMware shared folders
  };
  struct statfs status {};
  if (::fstatfs(descriptor, &status) != 0) return false;
  const auto type = static_cast<std::uint32_t>(status.f_type);
  return std::find(kRemote.begin(), kRemote.end(), type) != kRemote.end();
}

}  // namespace lokitail::agent
