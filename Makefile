# The few things people do here. Everything else is CMake: cmake --preset debug,
# cmake --build --preset debug.

JOBS ?= 2
# ON makes warnings errors, as .ci/run does.
WERROR ?= OFF
# What `make test` builds and runs; asan brings the fuzz targets, tsan looks at threads.
BUILDS ?= release asan tsan
# What -version says of the sources.
REVISION ?= $(shell git rev-parse --short=10 HEAD 2>/dev/null || echo unknown)
BRANCH ?= $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null)

.PHONY: build deps test-deps demo test chaos bench fuzz coverage package docs arm64 format format-check cppcheck tidy clean

build: deps
	cmake --preset release -DLOKITAIL_REVISION=$(REVISION) -DLOKITAIL_BRANCH=$(BRANCH)
	cmake --build --preset release -j $(JOBS) --target lokitail

# Installs the Debian packages that are missing; needs root only if some are.
deps:
	@packaging/deps.sh build

test-deps:
	@packaging/deps.sh build test

# The agent at work, without a Loki.
demo: build
	build/release/lokitail demo
	build/release/lokitail demo --trace

# All tests, in one run of ctest: it reads build/CTestTestfile.cmake, which joins
# the builds. For a part of them: make test TESTS='-R e2e'
test: test-deps
	set -e; for build in $(BUILDS); do \
	  cmake --preset $$build -DLOKITAIL_WERROR=$(WERROR); \
	  cmake --build --preset $$build -j $(JOBS); \
	done
	echo 'subdirs($(BUILDS))' > build/CTestTestfile.cmake
	ctest --test-dir build -j $$(( $(JOBS) * 2 )) --output-on-failure --no-tests=error $(TESTS)

# The chaos tests, for longer than make test runs them; each prints its seed and what it saw.
CHAOS_SECONDS ?= 120
chaos: build
	cmake --build --preset release -j $(JOBS) --target chaos_tests
	LOKITAIL_BINARY=$(CURDIR)/build/release/lokitail LOKITAIL_CHAOS_SECONDS=$(CHAOS_SECONDS) \
	  LOKITAIL_CHAOS_KILLS=200 build/release/tests/chaos_tests

# Each fuzzer for so long, rather than for the 10 seconds of make test; FUZZERS is a part of their names.
SECONDS ?= 60
FUZZERS ?= fuzz:
fuzz: test-deps
	cmake --preset asan -DLOKITAIL_FUZZ_SECONDS=$(SECONDS)
	cmake --build --preset asan -j $(JOBS) --target fuzzers
	ctest --test-dir build/asan -j $(JOBS) --output-on-failure --no-tests=error -R '$(FUZZERS)'

# Which lines the tests reach; less than 90 % of config/ and pipeline/ or 80 % of agent/ is an error.
coverage: test-deps
	JOBS=$(JOBS) .ci/coverage

bench: build
	cmake --build --preset release -j $(JOBS) --target bench

# A Debian package, an RPM and an archive with their checksums, in build/release/packages.
package: build
	@packaging/deps.sh package
	packaging/package.sh build/release

# The pages of docs/ as a site, in build/site; a link that leads nowhere is an error.
docs:
	@packaging/deps.sh docs
	mkdocs build --strict --quiet

# The agent for arm64, compiled here; it runs under qemu, as do unit tests. Not a part of make test.
arm64:
	@packaging/deps.sh build arm64
	packaging/arm64/sysroot.sh build/arm64-sysroot
	cmake --preset arm64
	cmake --build --preset arm64 -j $(JOBS) --target lokitail config_tests pipeline_tests
	ctest --test-dir build/arm64 -j $(JOBS) --output-on-failure --no-tests=error -R '^(config|pipeline|arm64):'

# Formats all sources as .clang-format says.
format:
	@packaging/deps.sh check
	.ci/format -i

# Whether all of them are.
format-check:
	@packaging/deps.sh check
	.ci/format --dry-run -Werror

# What cppcheck finds, but for what is known to be none.
cppcheck:
	@packaging/deps.sh check
	cppcheck --quiet --error-exitcode=1 --std=c++20 --enable=warning,portability --inline-suppr -I . -j $(JOBS) \
	  --suppress=missingIncludeSystem --suppressions-list=.ci/cppcheck-suppressions agent config pipeline

# What clang-tidy finds, which takes an hour for all; FILES=delivery/ for the sources whose path has that.
tidy:
	@packaging/deps.sh build tidy
	.ci/tidy $(JOBS) '$(FILES)'

clean:
	rm -rf build
