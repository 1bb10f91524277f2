# SPDX-License-Identifier: BSD-3-Clause
# Measureflow: build, test, install.  `make help` lists the targets.
#
#   make                    the program build/mflow and the libraries
#   make MODE=debug|asan    a variant in build/debug, build/asan (and tsan, coverage, fuzz: see those targets)
#   make CC=clang           a variant in build/clang
#   make CFLAGS=-O2         other optimisation; whatever depends on a changed flag is rebuilt
#
# What the system offers is asked for on first use, not when this file is read, so that `make deps demo` can
# install it first.

VERSION   := 0.1.0
# Each 0.MINOR promises an interface of its own.
SOVERSION := $(basename $(VERSION))

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
PKG_CONFIG ?= pkg-config
INSTALL    ?= install
SUDO       ?= sudo
MODE       ?= release

.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

#
# Variants.
#

MODES := release debug asan tsan coverage fuzz
ifeq (,$(filter $(MODE),$(MODES)))
$(error MODE=$(MODE) is not one of: $(MODES))
endif
# What is built does not know where: two builds in different folders are the same to the last byte.  gcov has to know.
nowhere  := $(if $(filter coverage,$(MODE)),,-ffile-prefix-map=$(CURDIR)=.)
compiler := $(notdir $(lastword $(CC)))
empty    :=
space    := $(empty) $(empty)
variant  := $(subst $(space),-,$(strip $(filter-out release,$(MODE)) $(filter-out cc gcc,$(compiler))))
B        := build$(addprefix /,$(variant))

#
# Flags.  CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are the user's; the rest is what the sources need.
#

optimise.release := -O3 -g
optimise.debug   := -O0 -g3
optimise.asan    := -O1 -g -fno-omit-frame-pointer
sanitise.asan    := -fsanitize=address,undefined -fno-sanitize-recover=all
optimise.tsan    := -O1 -g -fno-omit-frame-pointer
sanitise.tsan    := -fsanitize=thread
optimise.coverage := -O1 -g
sanitise.coverage := --coverage -fprofile-update=atomic
optimise.fuzz    := $(optimise.asan)
sanitise.fuzz    := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

CFLAGS ?= $(optimise.$(MODE))

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes $(if $(WERROR),-Werror)
language := -std=c11 -fopenmp-simd -fno-math-errno -fno-trapping-math -ffp-contract=off \
            -fPIC -fvisibility=hidden -fno-semantic-interposition -pthread

# $(call once,NAME,VALUE): the value of a variable that is worked out when it is first needed, then kept.
once = $(eval $1 := $$2)$($1)
# $(call quote,TEXT): one word for the shell, whatever is in it.
quote = '$(subst ','\'',$1)'
hash := \#

# clang says so when it does not vectorise a loop marked `omp simd`; that is no fault of the source.
is_clang = $(call once,is_clang,$(shell $(CC) --version 2>/dev/null | grep -c clang))
compiler_flags = $(if $(filter-out 0,$(is_clang)),-Wno-pass-failed,--param=vect-max-peeling-for-alignment=0)

# $(call pkg,WHAT,PACKAGES): system headers are not ours to warn about.
pkg = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --$1 $2 2>/dev/null))

packages      := fftw3 netcdf libfyaml muparser jansson
package_flags  = $(call once,package_flags,$(call pkg,cflags,$(packages)) $(png_flags))
package_libs   = $(call once,package_libs,$(call pkg,libs,$(packages) $(png)))

# libpng lets PNG images be measures; a build without it says so to who has one.
png       = $(call once,png,$(if $(call pkg,modversion,libpng),libpng))
png_flags = $(if $(png),-DMF_WITH_PNG $(call pkg,cflags,libpng))
check_flags    = $(call once,check_flags,$(call pkg,cflags,check))
check_libs     = $(call once,check_libs,$(call pkg,libs,check))

# SUNDIALS brings no .pc file: ask its header.  SUNDIALS=PREFIX names an installation outside the system's paths.
# From 7 on there is a core library, and a build with MPI wants MPI's headers even in serial programs.
SUNDIALS_CFLAGS ?= $(if $(SUNDIALS),-isystem $(SUNDIALS)/include)
SUNDIALS_LIBS   ?= $(if $(SUNDIALS),-L$(SUNDIALS)/lib -Wl$(comma)-rpath$(comma)$(SUNDIALS)/lib) \
                   -lsundials_cvode -lsundials_nvecserial
comma := ,
sundials_ask = $(shell printf '%s\n' '$(hash)include <sundials/sundials_config.h>' $1 | \
                 $(CC) $(CPPFLAGS) $(SUNDIALS_CFLAGS) -E -P -x c - 2>/dev/null | tail -n 1)
sundials_major = $(call once,sundials_major,$(call sundials_ask,SUNDIALS_VERSION_MAJOR))
sundials_is_7  = $(filter-out 0 1 2 3 4 5 6 SUNDIALS_VERSION_MAJOR,$(sundials_major))
sundials_mpi   = $(if $(sundials_is_7),$(filter 1,$(call sundials_ask,SUNDIALS_MPI_ENABLED)))
mpi_package    = $(firstword $(foreach p,ompi-c mpich mpi-c,$(if $(call pkg,modversion,$p),$p)))
mpi            = $(if $(sundials_mpi),$(if $(mpi_package),$(call pkg,$1,$(mpi_package))))
sundials_flags = $(call once,sundials_flags,$(SUNDIALS_CFLAGS) $(call mpi,cflags))
sundials_libs  = $(call once,sundials_libs,$(SUNDIALS_LIBS) $(if $(sundials_is_7),-lsundials_core) $(call mpi,libs))

# What is missing, or nothing.  The build stops here with a sentence instead of in a compiler's error.
has_command  = $(shell command -v $(firstword $1) 2>/dev/null)
missing      = $(strip $(if $(call has_command,$(CC)),,$(firstword $(CC))) \
  $(if $(call has_command,$(PKG_CONFIG)),$(foreach p,$1,$(if $(call pkg,modversion,$p),,$p)),$(PKG_CONFIG)) \
  $(if $(filter-out SUNDIALS_VERSION_MAJOR,$(sundials_major)),,SUNDIALS))
refuse       = $(if $1,$(error Missing: $1.  `make deps` installs what is needed on Debian and Ubuntu))
too_old      = $(if $(filter 0 1 2 3 4 5,$(sundials_major)),$(error SUNDIALS $(sundials_major) is too old: 6 or newer is needed))
requirements = $(call once,requirements,$(call refuse,$(call missing,$(packages)))$(too_old))

compile = $(CC) -I. $(CPPFLAGS) $(language) $(nowhere) $(warnings) $(compiler_flags) $(CFLAGS) $(sanitise.$(MODE)) \
          $(package_flags) $(sundials_flags)
link    = $(CC) -pthread $(CFLAGS) $(sanitise.$(MODE)) -Wl,--as-needed $(LDFLAGS)
libs    = $(package_libs) $(sundials_libs) $(LDLIBS) -lm

git_id := $(or $(if $(wildcard .git),$(shell git describe --always --dirty 2>/dev/null)),unknown)

#
# Files.  A new source file needs no line here.
#

layers          := grids operators io solver postproc
rooms           := $(layers) $(patsubst %/,%,$(wildcard $(addsuffix /*/,$(layers))))
sources         := $(sort $(wildcard $(addsuffix /*.c,$(rooms))))
headers         := $(sort $(wildcard $(addsuffix /*.h,$(rooms))))
# A header says in its first line whom it is for; those for nobody outside are not installed.
public_headers   = $(call once,public_headers,$(shell grep -lE '^/\*\* @file [a-z_]+\.h \((user|plug-in)\)' $(headers)))
plugins         := $(filter operators/energies/% operators/geometries/% operators/methods/%,$(sources))
program_sources := $(filter solver/program/%,$(sources))
library_sources := $(filter-out $(program_sources),$(sources)) operators/plugins.c
test_sources    := $(wildcard tests/test_*.c)
helper_sources  := $(wildcard tests/write_*.c tests/bench_*.c)
fuzz_sources    := $(wildcard tests/fuzz_*.c)
scripts         := $(wildcard tests/*.sh)

library_objects := $(library_sources:%.c=$(B)/%.o)
program_objects := $(program_sources:%.c=$(B)/%.o)
test_objects    := $(test_sources:%.c=$(B)/%.o)
helper_objects  := $(helper_sources:%.c=$(B)/%.o)
fuzz_objects    := $(fuzz_sources:%.c=$(B)/%.o)
objects         := $(library_objects) $(program_objects) $(test_objects) $(helper_objects) $(fuzz_objects)
tests           := $(test_sources:%.c=$(B)/%)
helpers         := $(helper_sources:%.c=$(B)/%)
fuzzers         := $(fuzz_sources:%.c=$(B)/%)

program := $(B)/mflow
archive := $(B)/libmflow.a
shared  := $(B)/libmflow.so

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $1 $2)

##@ Build

all: $(program) $(archive) $(shared) $(B)/mflow.1 ## the program, its manual page and the libraries (default)
	@:

$(filter-out $(B)/operators/plugins.o,$(objects)): $(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(compile) -MMD -MP -c $< -o $@

$(test_objects): private compile += $(check_flags)

# The lists of energies, geometries and particle methods are what their files say: a new plug-in is one file.
$(B)/operators/plugins.o: $(B)/operators/plugins.c $(B)/flags
	$(call say,CC,$<)
	$(Q)$(compile) -MMD -MP -c $< -o $@

$(B)/operators/plugins.c: operators/plugins.sh $(plugins) $(B)/plugins
	@mkdir -p $(@D)
	$(Q)operators/plugins.sh $(plugins) >$@

# The one file that knows what it was built from.
$(B)/solver/version.o: $(B)/version
$(B)/solver/version.o: private compile += -DMF_VERSION='"$(VERSION)"' -DMF_GIT_ID='"$(git_id)"'

$(archive): $(library_objects) $(B)/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar qcsD $@ $(library_objects)

$(shared): $(library_objects) $(B)/objects
	$(call say,LD,$@)
	$(Q)$(link) -shared -Wl,-soname,libmflow.so.$(SOVERSION) $(library_objects) $(libs) -o $@
	$(Q)ln -sf libmflow.so $@.$(SOVERSION)

$(B)/mflow: $(program_objects) $(archive)
	$(call say,LD,$@)
	$(Q)$(link) $^ $(libs) -o $@

# Options stand in the program's help alone.
$(B)/mflow.1: solver/program/manual.sh solver/program/mflow.1.in $(B)/mflow
	$(Q)solver/program/manual.sh $(B)/mflow $(VERSION) >$@

$(tests): $(B)/tests/%: $(B)/tests/%.o $(archive)
	$(call say,LD,$@)
	$(Q)$(link) $^ $(check_libs) $(libs) -o $@

$(helpers): $(B)/tests/%: $(B)/tests/%.o $(archive)
	$(call say,LD,$@)
	$(Q)$(link) $^ $(libs) -o $@

$(fuzzers): $(B)/tests/%: $(B)/tests/%.o $(archive)
	$(call say,LD,$@)
	$(Q)$(link) -fsanitize=fuzzer $^ $(libs) -o $@

# Stamps: files whose text is compared on every run and rewritten only when it changed.
stamp = @mkdir -p $(@D); printf '%s\n' $(call quote,$1) | cmp -s - $@ || printf '%s\n' $(call quote,$1) >$@
$(B)/flags: FORCE
	$(requirements)$(call stamp,$(compile) $(link) $(libs))
$(B)/objects: FORCE
	$(call stamp,$(library_objects))
$(B)/plugins: FORCE
	$(call stamp,$(plugins))
$(B)/version: FORCE
	$(call stamp,$(VERSION) $(git_id))
FORCE:

clean: ## remove everything that was built
	rm -rf build

##@ Run

demo: $(B)/mflow ## the main job: integrate, write files for ParaView, check the theorem
	$(Q)$(B)/mflow verify cases/ift_gaussian_2d --variant main -o $(B)/demo --force
	@echo && $(B)/mflow plot $(B)/demo
	@if command -v gnuplot >/dev/null; then \
	  echo && $(B)/mflow plot $(B)/demo --force -o $(B)/demo_decay.png && \
	  $(B)/mflow plot $(B)/demo --force --kind density -o $(B)/demo_density.png; fi
	@printf '\nThe fields are in %s.nc.  Look at them with\n\n' $(B)/demo
	@printf '  %s\n' '$(B)/mflow plot $(B)/demo -o decay.png     (needs gnuplot)' 'paraview $(B)/demo.nc.xmf' ''

verify: $(B)/mflow ## run every case under cases/ and judge its claims
	$(Q)$(B)/mflow verify cases --strict

# Cases on the page; NAME:VARIANT is a variant.
GALLERY ?= ift_gaussian_2d ift_mixture_2d ift_gaussian_3d fokker_planck_double_well_1d fokker_planck_translation_1d:phi_p \
  hk_boltzmann_gaussian_1d spherical_hellinger_1d mode_covering_1d mmd_flow_stalls_1d porous_medium porous_medium:2d \
  logistic_posterior_2d

gallery: $(B)/mflow ## run a set of cases and show them on one page, build/gallery/index.html
	$(Q)postproc/gallery.sh $(B)/mflow $(B)/gallery $(GALLERY:%=cases/%)

index: $(B)/mflow ## write cases/README.md from the cases, and README's table of flows from the program
	cases/index.sh >$(B)/index.md && cp $(B)/index.md cases/README.md
	solver/program/flows.sh $(B)/mflow >$(B)/flows.md
	sed -i -e '/^<!-- flows:/,/^<!-- end of flows/{/^|/d' -e '}' -e '/^<!-- flows:/r $(B)/flows.md' README.md

pictures: gallery ## renew the pictures that README.md shows, from the page of cases
	cp $(B)/gallery/ift_gaussian_2d.density.png postproc/pictures/density.png
	cp $(B)/gallery/ift_gaussian_2d.decay.png postproc/pictures/decay.png
	cp $(B)/gallery/hk_boltzmann_gaussian_1d.convergence.png postproc/pictures/convergence.png

##@ Test

# ONLY=word runs the tests with that word in their name.
selected      := $(foreach t,$(tests) $(scripts),$(if $(ONLY),$(if $(findstring $(ONLY),$t),$t),$t))
time.release  := 240
time.debug    := 300
time.asan     := 1200
time.tsan     := 300
time.coverage := 300
test_settings  = MFLOW=$(B)/mflow BUILD=$(B) MODE=$(MODE) CC=$(call quote,$(CC)) \
  CK_TAP_LOG_FILE_NAME=- CK_VERBOSITY=silent CK_DEFAULT_TIMEOUT=$(time.$(MODE)) \
  ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

check: all $(filter $(tests),$(selected)) $(helpers) ## run the tests; ONLY=word runs those with the word in their name
	$(Q)$(test_settings) prove -j2 -f --timer -e 'timeout $(time.$(MODE))' $(selected)

# A failure names its seed; SEED=N has the kills at other moments.
KILLS ?= 1000
SOAK  ?= 20
soak: all $(helpers) ## long campaigns: KILLS=1000 kills with resume until the end; all writes fail; SOAK=20 times as many limits and damaged files
	$(Q)$(test_settings) KILLS=$(KILLS) SOAK=$(SOAK) prove -v -f --timer tests/resume.sh tests/safety.sh tests/memory.sh tests/damaged.sh

test-programs: $(tests) $(helpers) ## build the tests without running them

# Solutions in several threads, and loops shared among threads; what libraries do is seen where they call the system's.
race: ## run the tests of threads under ThreadSanitizer
	$(Q)$(MAKE) MODE=tsan race-run

race-run: $(addprefix $(B)/tests/,test_together test_threads)
	$(Q)for t in '$(B)/tests/test_together' 'CK_RUN_CASE=loops $(B)/tests/test_threads'; do \
	  env TSAN_OPTIONS=halt_on_error=1:exitcode=66:die_after_fork=0 $(test_settings) $$t || exit; done

coverage: ## which lines the tests run, by layer and file (gcc, lcov); ONLY=word as for check
	$(Q)command -v lcov >/dev/null || { echo 'there is no lcov (Debian: apt-get install lcov)' >&2; exit 1; }
	$(Q)find build/coverage -name '*.gcda' -delete 2>/dev/null || :
	$(Q)$(MAKE) MODE=coverage check || echo 'coverage: some tests failed; what they ran is counted nevertheless' >&2
	$(Q)lcov -q -c -d build/coverage -b . --no-external -o build/coverage/all.info --rc geninfo_gcov_tool=gcov
	$(Q)awk -f tests/coverage.awk -v root='$(CURDIR)/' build/coverage/all.info

# Every target runs that long, two at a time; what it finds is kept in build/fuzz-clang, with how to see it again.
SECONDS ?= 60
FUZZ_CC ?= clang
has_fuzzer = $(shell echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return !d && n; }' | \
  $(FUZZ_CC) -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null && echo yes)
fuzz: ## feed what is read from files with inputs made up by libFuzzer (clang), SECONDS=60 each
	$(Q)$(if $(has_fuzzer),$(MAKE) MODE=fuzz CC=$(call quote,$(FUZZ_CC)) fuzz-run SECONDS=$(SECONDS),\
	  echo 'fuzz: skipped, $(FUZZ_CC) has no libFuzzer (Debian: apt-get install clang libclang-rt-14-dev)')

fuzz-run: $(fuzzers)
	$(Q)tests/corpus/make.sh $(B)/seeds
	$(Q)printf '%s\n' $(fuzz_sources:tests/fuzz_%.c=%) | xargs -P 2 -I NAME tests/corpus/run.sh $(B) NAME $(SECONDS)

twice: ## build the last commit in two folders and compare program and libraries, byte by byte
	$(Q)rm -rf build/twice && commit=$$(git rev-parse HEAD) && for d in one two/deeper; do \
	  mkdir -p build/twice/$$d && git archive $$commit | tar -x -C build/twice/$$d && $(MAKE) -C build/twice/$$d all || exit; done
	$(Q)for f in mflow libmflow.a libmflow.so mflow.1; do cmp build/twice/one/build/$$f build/twice/two/deeper/build/$$f || exit; done
	@echo 'twice: the same'

# BASE=DIR, a checkout of another commit: it is built, and every workload is run by both in turn.  ONLY=word as above.
PEERS ?= ../shared/bench
bench: all $(helpers) ## measure speed side by side, PEERS=DIR with the baselines' scripts, or BASE=DIR against another commit; also as JSON
	$(Q)python3 tests/bench.py $(B) $(PEERS) $(if $(BASE),--base $(call quote,$(BASE))) $(if $(ONLY),--only $(call quote,$(ONLY)))

$(test_objects): $(B)/check
$(B)/check: $(B)/flags
	$(call refuse,$(call missing,check))@touch $@

##@ Source

c_files    := $(sources) $(headers) $(wildcard tests/*.c tests/*.h)
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
LINT_JOBS    ?= 2
shell_files  := $(wildcard tests/*.sh tests/corpus/*.sh cases/*.sh operators/*.sh postproc/*.sh solver/program/*.sh .ci/run .github/*.sh)

format: ## lay out every C file as .clang-format says
	$(CLANG_FORMAT) -i $(c_files)

format-check: ## fail if `make format` would change something
	$(CLANG_FORMAT) --dry-run -Werror $(c_files)

# Each tool that is there; .ci/run has both.
lint: ## static analysis: clang-tidy for C, one file at a time, and shellcheck for the scripts
	$(requirements)@command -v $(CLANG_TIDY) >/dev/null || { echo 'there is no $(CLANG_TIDY)' >&2; exit 1; }
	$(Q)printf '%s\n' $(sources) | xargs -P $(LINT_JOBS) -I FILE $(CLANG_TIDY) --quiet FILE -- -I. -include tests/lint.h \
	  -std=c11 $(package_flags) $(sundials_flags) -DMF_VERSION='"$(VERSION)"' -DMF_GIT_ID='"$(git_id)"' 2>/dev/null
	$(Q)if command -v shellcheck >/dev/null; then shellcheck -x -S warning $(shell_files); else echo 'lint: there is no shellcheck'; fi

##@ Install

debs := gcc libc6-dev pkg-config libfftw3-dev libsundials-dev libnetcdf-dev libfyaml-dev libmuparser-dev libjansson-dev libpng-dev check \
        perl $(EXTRA)

# EXTRA='a b' names more packages to install.
deps: ## install what is needed to build and test (Debian, Ubuntu: apt-get, as root or with sudo)
	@command -v apt-get >/dev/null || { echo 'make deps knows apt-get only; install: $(debs)' >&2; exit 1; }; \
	missing=; for p in $(debs); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then echo 'deps: everything is there: $(debs)'; exit 0; fi; \
	root=; if [ "$$(id -u)" != 0 ]; then root='$(SUDO)'; \
	  command -v $$root >/dev/null || { echo "deps: not root and no $$root; install:$$missing" >&2; exit 1; }; fi; \
	echo "deps: $$root apt-get update"; $$root apt-get update -q || exit; \
	echo "deps: $$root apt-get install$$missing"; \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing

# `make deps demo` builds after the packages are there.
ifneq (,$(filter deps,$(MAKECMDGOALS)))
$(B)/flags: | deps
endif

install_headers  = $(public_headers:%=$(DESTDIR)$(INCLUDEDIR)/mflow/%)
installed := $(DESTDIR)$(BINDIR)/mflow $(DESTDIR)$(MANDIR)/man1/mflow.1 $(DESTDIR)$(LIBDIR)/pkgconfig/mflow.pc \
  $(DESTDIR)$(COMPLETIONDIR)/mflow \
  $(addprefix $(DESTDIR)$(LIBDIR)/libmflow,.a .so .so.$(SOVERSION) .so.$(VERSION))

install: all ## program, libraries, headers, mflow.pc, man page, completion; PREFIX and DESTDIR as usual
	$(INSTALL) -d $(sort $(dir $(installed) $(install_headers)))
	$(if $(program),$(INSTALL) -m 755 $(program) $(DESTDIR)$(BINDIR)/mflow)
	$(INSTALL) -m 644 $(archive) $(DESTDIR)$(LIBDIR)/libmflow.a
	$(INSTALL) -m 644 $(shared) $(DESTDIR)$(LIBDIR)/libmflow.so.$(VERSION)
	ln -sf libmflow.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libmflow.so.$(SOVERSION)
	ln -sf libmflow.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libmflow.so
	$(foreach h,$(public_headers),$(INSTALL) -m 644 $h $(DESTDIR)$(INCLUDEDIR)/mflow/$h &&) :
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCLUDEDIR)' '' 'Name: mflow' \
	  'Description: Gradient flows of measures' 'Version: $(VERSION)' 'Requires.private: $(strip $(packages) $(png))' \
	  'Cflags: -I$${includedir}/mflow' 'Libs: -L$${libdir} -lmflow' \
	  'Libs.private: $(strip $(sundials_libs)) -lm' >$(DESTDIR)$(LIBDIR)/pkgconfig/mflow.pc
	$(INSTALL) -m 644 $(B)/mflow.1 $(DESTDIR)$(MANDIR)/man1/mflow.1
	$(INSTALL) -m 644 solver/program/mflow.bash $(DESTDIR)$(COMPLETIONDIR)/mflow
	$(if $(DESTDIR),,ldconfig 2>/dev/null || :)

uninstall: ## remove what `make install` put there
	rm -f $(installed) $(install_headers)
	for d in $(filter-out $(layers),$(rooms)) $(layers) ''; do rmdir "$(DESTDIR)$(INCLUDEDIR)/mflow/$$d" 2>/dev/null || :; done

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@printf '\nMODE=debug, MODE=asan and CC=clang build beside the default, in build/debug and so on.\n'
	@printf 'V=1 shows the commands, WERROR=1 makes warnings fatal, PREFIX=DIR and DESTDIR=DIR direct install.\n'

.PHONY: all soak bench coverage race race-run fuzz fuzz-run twice clean demo verify gallery index pictures check test-programs format format-check lint deps install uninstall help FORCE

-include $(objects:.o=.d)
