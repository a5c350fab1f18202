#include "agent/source/file/glob.h"

#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "agent/source/file/glob_walk.h"
#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent {
namespace {

using namespace test;
using Paths = std::vector<std::string>;

TEST_CASE("matching one name") {
  const struct {
    const char* pattern;
    const char* name;
    bool want;
  } cases[] = {
      {"", "", true},
      {"a", "a", true},
      {"a", "A", false},
      {"*", "", true},
      {"*", ".hidden", true},
      {"*.log", "a.log", true},
      {"*.log", "a.log.1", false},
      {"a*b*c", "aXXbYYc", true},
      {"a*b*c", "aXXbYY", false},
      {"a**b", "aXb", true},
      {"*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
      {"?", "x", true},
      {"?", "", false},
      {"?", "é", true},
      {"??", "é", false},
      {"*??", "é", false},
      {"?", "\xff", true},
      {"[abc]", "b", true},
      {"[abc]", "d", false},
      {"[a-c]x", "bx", true},
      {"[^a-c]", "d", true},
      {"[^a-c]", "b", false},
      {"[!a-c]", "b", false},
      {"[a-]", "-", true},
      {"[\\]]", "]", true},
      {"[à-ö]", "é", true},
      {"[a-z]", "é", false},
      {"\\*", "*", true},
      {"\\*", "x", false},
      {"[*]", "*", true},
  };
  for (const auto& c : cases) {
    INFO(c.pattern << " " << c.name);
    CHECK(matches_name(c.pattern, c.name) == c.want);
  }
}

TEST_CASE("matching paths") {
  const struct {
    const char* pattern;
    const char* path;
    bool want;
  } cases[] = {
      {"/var/log/*.log", "/var/log/a.log", true},
      {"/var/log/*.log", "/var/log/sub/a.log", false},
      {"/var/log/**/*.log", "/var/log/a.log", true},
      {"/var/log/**/*.log", "/var/log/x/y/z/a.log", true},
      {"/var/log/**/*.log", "/var/lo/a.log", false},
      {"/var/log/**", "/var/log/x/y", true},
      {"/**/x/**/a.log", "/x/a.log", true},
      {"/**/x/**/a.log", "/1/x/2/3/a.log", true},
      {"/**/x/**/a.log", "/1/2/3/a.log", false},
      {"/var/log/a**b/x", "/var/log/a1b/x", true},
      {"/var/log/a**b/x", "/var/log/a1/2b/x", false},
      {"/var/{log,lib}/*.{log,txt}", "/var/lib/a.txt", true},
      {"/var/{log,lib}/*.{log,txt}", "/var/tmp/a.txt", false},
      {"/var/{log/a,lib/b/c}.log", "/var/lib/b/c.log", true},
      {"/var/a{,.1,.{2,3}}.log", "/var/a.log", true},
      {"/var/a{,.1,.{2,3}}.log", "/var/a.3.log", true},
      {"/var/[{]a[}]", "/var/{a}", true},
      {"/var/\\{a\\}", "/var/{a}", true},
      {"//var/./log//x/../*.log", "/var/log/a.log", true},
      {"/var/log/pods/*abc/c/*.log", "/var/log/pods/ns_pod_abc/c/0.log", true},
      {"/var/log/**", "/var/log", false},
      {"/var/log/**/x", "/var/log/x", true},
      {"/var/{,log/}*.log", "/var/a.log", true},
      {"/var/{,log/}*.log", "/var/log/a.log", true},
      // Between two slashes there has to be a name.
      {"/var/{,log}/*.log", "/var/a.log", false},
      {"/var/{,log}/*.log", "/var/log/a.log", true},
      {"/var/**/{,log}", "/var/x", false},
      {"/{,var}", "/var", true},
      // A pattern is a file name, too.
      {"/var/log/[ab].log", "/var/log/[ab].log", true},
      {"/var/log/[ab].log", "/var/log/a.log", true},
      {"/var/log/[ab", "/var/log/[ab", true},
  };
  for (const auto& c : cases) {
    INFO(c.pattern << " " << c.path);
    CHECK(Glob(c.pattern).matches(c.path) == c.want);
  }
}

TEST_CASE("relative patterns are of the working directory") {
  char* const name = ::getcwd(nullptr, 0);
  const std::string here = name;
  ::free(name);
  CHECK(Glob("*.log").matches(here + "/a.log"));
  CHECK(Glob("./x/*.log").matches(here + "/x/a.log"));
  CHECK_FALSE(Glob("*.log").matches("/a.log"));
}

TEST_CASE("malformed patterns say so, and mean the file of that name") {
  for (const char* const pattern :
       {"/x/[a", "/x/[]", "/x/{a,b", "/x/a\\", "/x/[a-", "/x/[^]", "/x/a}", "/x/{[a,b],c}"}) {
    INFO(pattern);
    const Glob glob(pattern);
    CHECK_FALSE(glob.problem().empty());
    CHECK(glob.matches(pattern));
    CHECK_FALSE(glob.matches("/x/a"));
  }
  std::string many = "/x/";
  for (int i = 0; i < 20; ++i) many += "{a,b}";
  CHECK_FALSE(Glob(many).problem().empty());
  CHECK_FALSE(Glob("/" + std::string(100'000, '{')).problem().empty());
  CHECK_FALSE(Glob("/x/*}").problem().empty());
}

TEST_CASE("expanding, and the folders to watch") {
  const TempFolder folder;
  const std::string root = folder.path();
  for (const char* const name : {"logs/sub/deep", "logs/.hidden", "other"}) {
    fs::create_directories(folder / name);
  }
  for (const char* const name :
       {"logs/a.log", "logs/b.log", "logs/.dot.log", "logs/c.txt", "logs/[ab].log", "logs/sub/s.log",
        "logs/sub/deep/d.log", "logs/.hidden/h.log", "other/o.log"}) {
    append(folder / name, "x");
  }
  fs::create_directories(folder / "logs/folder.log");
  fs::create_directory_symlink("..", folder / "logs/sub/loop");
  fs::create_directory_symlink(folder / "other", folder / "logs/linked");
  fs::create_symlink("nowhere", folder / "logs/dangling.log");

  const auto expanded = [&](const std::string& pattern) {
    Paths relative;
    for (const std::string& path : Glob(root + "/" + pattern).expand()) {
      REQUIRE(path.starts_with(root + "/"));
      relative.push_back(path.substr(root.size() + 1));
    }
    return relative;
  };
  // A link that leads nowhere is a file that may come yet.
  CHECK(expanded("logs/*.log") ==
        Paths{"logs/.dot.log", "logs/[ab].log", "logs/a.log", "logs/b.log", "logs/dangling.log"});
  CHECK(expanded("logs/[ab].log") == Paths{"logs/[ab].log"});
  CHECK(expanded("logs/[b].log") == Paths{"logs/b.log"});
  CHECK(expanded("logs/a.log") == Paths{"logs/a.log"});
  CHECK(expanded("logs/folder.log").empty());
  CHECK(expanded("logs/**/s.log") == Paths{"logs/sub/s.log"});
  CHECK(expanded("logs/*/*.log") == Paths{"logs/.hidden/h.log", "logs/linked/o.log", "logs/sub/s.log"});
  CHECK(expanded("logs/{sub/deep,linked}/*") == Paths{"logs/linked/o.log", "logs/sub/deep/d.log"});
  CHECK(expanded("no/such/*.log").empty());

  const auto watched = [&](const std::string& pattern) {
    return Glob(root + "/" + pattern).watch_directories();
  };
  CHECK(watched("logs/*.log") == Paths{root + "/logs"});
  CHECK(watched("logs/a.log") == Paths{root + "/logs"});
  CHECK(watched("missing/deeper/*.log") == Paths{root});
  CHECK(watched("logs/sub/*/*.log") ==
        Paths{root + "/logs/sub", root + "/logs/sub/deep", root + "/logs/sub/loop"});
  // A link on the way may be switched.
  CHECK(watched("logs/linked/*.log") == Paths{root + "/logs", root + "/logs/linked"});
  const Paths below = watched("logs/**/*.log");
  CHECK(std::find(below.begin(), below.end(), root + "/logs/sub/deep") != below.end());
  CHECK(std::find(below.begin(), below.end(), root + "/logs/sub/loop/sub") == below.end());
}

TEST_CASE("a folder says which file a name is, but not where a link leads") {
  const TempFolder folder;
  append(folder / "a.log", "x");
  fs::create_symlink(folder / "a.log", folder / "b.log");
  struct Inodes final : GlobVisitor {
    void file(const std::string& path, std::uint64_t inode) override { of[path] = inode; }
    void directory(const std::string&, GlobPlace) override {}
    std::map<std::string, std::uint64_t> of;
  } found;
  walk(Glob(folder / "*.log"), found);
  struct stat status {};
  REQUIRE(::stat((folder / "a.log").c_str(), &status) == 0);
  CHECK(found.of ==
        std::map<std::string, std::uint64_t>{{folder / "a.log", status.st_ino}, {folder / "b.log", 0}});
}

TEST_CASE("a new name is followed on from the folder where it appeared") {
  const TempFolder folder;
  struct Places final : GlobVisitor {
    void file(const std::string& path, std::uint64_t) override { files.push_back(path); }
    void directory(const std::string& path, GlobPlace place) override { places.emplace_back(path, place); }
    Paths files;
    std::vector<std::pair<std::string, GlobPlace>> places;
  } before;
  const Glob glob(folder / "pods/*/app/*.log");
  walk(glob, before);
  REQUIRE(before.places.size() == 1);
  CHECK(before.places[0].first == folder.path());
  fs::create_directories(folder / "pods/one/app");
  fs::create_directories(folder / "pods/two");
  append(folder / "pods/one/app/0.log", "x");
  Places after;
  walk_from(glob, before.places[0].second, before.places[0].first, "pods", after);
  CHECK(after.files == Paths{folder / "pods/one/app/0.log"});
  std::set<std::string> watched;
  for (const auto& [path, place] : after.places) watched.insert(path);
  CHECK(watched == std::set<std::string>{folder / "pods", folder / "pods/one/app", folder / "pods/two"});
  walk_from(glob, before.places[0].second, before.places[0].first, "other", after);
  CHECK(after.files.size() == 1);
}

}  // namespace
}  // namespace lokitail::agent
