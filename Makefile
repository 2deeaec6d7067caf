# Binnacle. Two commands set everything up on a bare Debian 12: `make run` and `make test`.
#
#   make            build/release/binnacle          make check    warnings as errors, sanitizers, layering, headers
#   make run        install what is missing, build, open the dashboard on a live robot
#   make test       install what is missing, build, run every test
#   make pictures   the README's pictures again
#   make bench      measure; table on stdout, build/bench.json
#   make tables     README's tables of policies: over all scenarios, and over BARN worlds where they are
#   make ablation   which sense each scenario needs: build/ablation.md
#   make dagger     cloning against DAgger on as many samples: build/dagger.md, build/dagger.png
#   make episodes   record the golden episodes (tests/episodes/) anew, print what changed
#   make fuzz       libFuzzer harnesses (clang), FUZZ_S seconds each
#   make install    PREFIX=/usr/local
# Knobs: SANITIZE=address,undefined  WERROR=1  CC=clang  V=1

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

PREFIX   ?= /usr/local
CC       := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
CXX      := $(if $(filter default undefined,$(origin CXX)),$(if $(findstring clang,$(CC)),clang++,g++),$(CXX))
CONFIG   := $(if $(SANITIZE),sanitize,release)$(if $(findstring clang,$(CC)),-clang)$(if $(FUZZ),-fuzz)
BUILD    := build/$(CONFIG)
BINARY   := $(BUILD)/binnacle
Q        := $(if $(V),,@)

ROOMS    := logs perception nav sim tui

PACKAGES_RUN  := build-essential pkg-config libncurses-dev libzmq3-dev libbullet-dev libpng-dev libyaml-dev \
                 libzstd-dev liblz4-dev libdeflate-dev libsodium-dev libfreetype-dev libexpat1-dev fonts-dejavu-core \
                 libprotobuf-c-dev protobuf-c-compiler libonnx-dev libopenblas-dev
PACKAGES_TEST := $(PACKAGES_RUN) libcmocka-dev tmux nodejs npm python3 python3-zmq libonnx-testdata
# OpenBLAS is loaded by the program itself (nav/train_blas.h).
MODULES       := expat libzmq libpng yaml-0.1 libzstd liblz4 libdeflate libsodium ncursesw freetype2 libprotobuf-c

ifneq ($(filter run test bench check pictures install-run install-test install-check,$(MAKECMDGOALS)),)
  ifeq ($(MAKELEVEL),0)
    RESTART := 1
  endif
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wmissing-prototypes -Wstrict-prototypes \
            -Wwrite-strings -Wundef -Wvla -Wswitch-enum $(if $(WERROR),-Werror)
# Bit-for-bit repetition: no fused multiply-add, no reassociation, one baseline instruction set for everyone.
REPEATABLE := -ffp-contract=off -fno-fast-math
SANITIZER  := $(if $(FUZZ),-fsanitize=fuzzer-no-link) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
OPTIMISE   := $(if $(SANITIZE),-O1,-O2) -g
DEFINES    := -D_POSIX_C_SOURCE=200809L
CFLAGS     += -std=c17 $(OPTIMISE) $(REPEATABLE) $(WARNINGS) $(SANITIZER) $(DEFINES) -I. -pthread
CXXFLAGS   += -std=c++17 $(OPTIMISE) $(REPEATABLE) -Wall -Wextra -fno-rtti -fvisibility=hidden $(SANITIZER) -I.
LDFLAGS    += $(SANITIZER) -pthread -rdynamic

# The libraries' flags are asked for once and kept; pkg-config costs more than a no-op build may take.
FLAGS_MK := build/flags.mk
ifeq ($(RESTART),)
-include $(FLAGS_MK)
endif
$(FLAGS_MK): Makefile
	@mkdir -p $(@D)
	@pkg-config --exists $(MODULES) openblas bullet-float64 || \
	    { echo "make: libraries are missing; 'make run' or 'make test' installs them" >&2; exit 3; }
	@{ echo "LIB_CFLAGS := $$(pkg-config --cflags $(MODULES) openblas | sed 's/-D_[A-Z_]*=[0-9]*//g; s/-D_DEFAULT_SOURCE//g; s/ -I/ -isystem /g')"; \
	   echo "LIBS := $$(pkg-config --libs $(MODULES) bullet-float64)"; \
	   echo "BULLET_CFLAGS := $$(pkg-config --cflags bullet-float64 | sed 's/-I/-isystem /g')"; } > $@

# --- sources, objects, one archive a room --------------------------------------------------------------------
room_c      = $(wildcard $(1)/*.c)
room_o      = $(patsubst %.c,$(BUILD)/%.o,$(call room_c,$(1)))
ASSETS     := $(wildcard sim/scenarios/* sim/robots/* tui/assets/*)
EXTRA_sim  := $(BUILD)/sim/physics_bullet.o $(BUILD)/sim/assets.o
EXTRA_nav  := $(BUILD)/nav/learned.o
EXTRA_perception := $(BUILD)/perception/onnx.pb-c.o $(BUILD)/perception/networks.o
MAIN_O     := $(BUILD)/tui/main.o
ARCHIVES   := $(foreach r,tui sim nav perception logs,$(BUILD)/lib$(r).a)

all: $(BINARY)

define ROOM_RULE
$(BUILD)/lib$(1).a: $(filter-out $(MAIN_O),$(call room_o,$(1))) $(EXTRA_$(1))
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call ROOM_RULE,$(r))))

$(BINARY): $(MAIN_O) $(ARCHIVES)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $(MAIN_O) $(ARCHIVES) $(LIBS) -lm

$(BUILD)/%.o: %.c $(FLAGS_MK)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LIB_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/sim/physics_bullet.o: sim/physics_bullet.cpp $(FLAGS_MK)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(BULLET_CFLAGS) -MMD -MP -c -o $@ $<

# One source, three instruction sets; which one runs is decided by the processor at hand (sim/packet.h).
ifeq ($(shell uname -m),x86_64)
$(BUILD)/sim/packet_avx2.o: CFLAGS += -mavx2
$(BUILD)/sim/packet_avx512.o: CFLAGS += -mavx512f -mavx512dq
endif

# Scenario files live inside the binary: name, bytes, size (sim/assets.h).
$(BUILD)/sim/assets.c: $(ASSETS) sim/embed.sh
	@mkdir -p $(@D)
	$(Q)sh sim/embed.sh $(ASSETS) > $@
$(BUILD)/sim/assets.o: $(BUILD)/sim/assets.c $(FLAGS_MK)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# So does the network that drives as policy "learned".
$(BUILD)/nav/learned.c: nav/policies/learned.onnx nav/policies/embed.sh
	@mkdir -p $(@D)
	$(Q)sh nav/policies/embed.sh $< > $@
$(BUILD)/nav/learned.o: $(BUILD)/nav/learned.c $(FLAGS_MK)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# And the one that labels what the camera sees.
$(BUILD)/perception/networks.c: perception/networks/labels.onnx perception/networks/embed.sh
	@mkdir -p $(@D)
	$(Q)sh perception/networks/embed.sh $< > $@
$(BUILD)/perception/networks.o: $(BUILD)/perception/networks.c $(FLAGS_MK)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# The ONNX format's messages, from the distribution's description of it; perception/onnx_proto.c alone includes them.
ONNX_PROTO := /usr/include/onnx/onnx.proto
$(BUILD)/perception/onnx.pb-c.c: $(ONNX_PROTO)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(dir $<) --c_out=$(@D) $<
$(BUILD)/perception/onnx.pb-c.h: $(BUILD)/perception/onnx.pb-c.c ;
$(BUILD)/perception/onnx.pb-c.o: $(BUILD)/perception/onnx.pb-c.c $(FLAGS_MK)
	$(Q)$(CC) $(filter-out -W%,$(CFLAGS)) $(LIB_CFLAGS) -c -o $@ $<
$(BUILD)/perception/onnx_proto.o: $(BUILD)/perception/onnx.pb-c.h
$(BUILD)/perception/onnx_proto.o: CFLAGS += -isystem $(BUILD)/perception

# The same loops for several instruction sets (perception/kernel_body.h); the program picks when it starts. Everything else stays
# at the baseline.
KERNEL_FLAGS_scalar :=
KERNEL_FLAGS_avx2   := -mavx2 -mfma
KERNEL_FLAGS_avx512 := -mavx2 -mfma -mavx512f
X86 := $(filter x86_64,$(shell uname -m))
$(foreach set,scalar avx2 avx512,$(eval $(BUILD)/perception/kernel_$(set).o: \
    CFLAGS += $(if $(SANITIZE),,-O3) -Wno-psabi $(if $(X86),$(KERNEL_FLAGS_$(set)))))

# What a network and colours say about each pixel, in vectors.
$(BUILD)/perception/seeing.o $(BUILD)/perception/keepout.o: CFLAGS += $(if $(SANITIZE),,-O3) -fno-trapping-math

# Training's inner loops in vectors: square roots need not set errno.
$(foreach o,train_adam train_net train_fit train_conv train_labels,$(BUILD)/nav/$(o).o): CFLAGS += $(if $(SANITIZE),,-O3) -fno-math-errno -fno-trapping-math

# The build id names the binary's behaviour: sources and compiler, not the moment or place of building.
BUILD_ID := $(BUILD)/build_id_value.h
$(BUILD_ID): $(foreach r,logs perception nav sim,$(wildcard $(r)/*.c $(r)/*.h $(r)/*.cpp)) nav/policies/learned.onnx perception/networks/labels.onnx \
    Makefile
	@mkdir -p $(@D)
	@{ cat $^; $(CC) --version; echo $(CFLAGS); } | sha256sum | cut -c1-16 | sed 's/.*/#define BUILD_ID "&"/' > $@
$(BUILD)/sim/build_id.o: $(BUILD_ID)
$(BUILD)/sim/build_id.o: CFLAGS += -I$(BUILD)

# --- tests -----------------------------------------------------------------------------------------------------
# tests/<room>/test_*.c may use its room and the rooms before it in the chain, and links nothing else.
CHAIN_logs       := logs
CHAIN_perception := perception logs
CHAIN_nav        := nav perception logs
CHAIN_sim        := sim nav perception logs
CHAIN_tui        := tui sim nav perception logs
TESTS := $(foreach r,$(ROOMS),$(patsubst %.c,$(BUILD)/%,$(wildcard tests/$(r)/test_*.c)))
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))

define TEST_RULE
$(BUILD)/tests/$(1)/test_%: $(BUILD)/tests/$(1)/test_%.o $(foreach r,$(CHAIN_$(1)),$(BUILD)/lib$(r).a)
	$(Q)$(CXX) $(LDFLAGS) -o $$@ $$^ $(LIBS) -lcmocka -lm
endef
$(foreach r,$(ROOMS),$(eval $(call TEST_RULE,$(r))))
$(BUILD)/tests/bench/bench_%: $(BUILD)/tests/bench/bench_%.o $(BUILD)/tests/bench/bench.o $(ARCHIVES)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS) -lm
# A fuzz harness with a plain main replays its corpus (any compiler); with FUZZ=1 (clang) libFuzzer drives it.
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(if $(FUZZ),,$(BUILD)/tests/fuzz/replay.o) $(ARCHIVES)
	$(Q)$(CXX) $(LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LIBS) -lm

build-tests: $(BINARY) $(TESTS) $(FUZZERS)

# --- the commands people type -------------------------------------------------------------------------------------
# Installing first changes what pkg-config answers, so the work is done by a second make.
run: install-run
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)$(BINARY) $(ARGS)

test: install-test
	$(Q)$(MAKE) --no-print-directory -j2 build-tests
	$(Q)sh tests/run.sh $(BUILD)

bench: install-test
	$(Q)$(MAKE) --no-print-directory -j2 all $(BENCHES)
	$(Q)sh tests/bench/run.sh $(BUILD)

check: install-check
	$(Q)sh tests/check.sh

# Records the golden episodes anew and says what changed; needed after any change of behaviour that is meant.
.PHONY: episodes
episodes: all
	$(Q)sh tests/episodes/make.sh $(BINARY)

tables: all
	$(Q)sh tests/bench/tables.sh $(BINARY)

.PHONY: dagger
dagger: all
	$(Q)sh tests/bench/dagger.sh $(BINARY)

# Every scenario with all sensors, and without lidar, camera, depth.
.PHONY: ablation
ABLATION_SEEDS ?= 5
ablation: all
	$(Q)$(BINARY) eval $$($(BINARY) list scenarios --names) --ablation --seeds $(ABLATION_SEEDS) \
	    --markdown build/ablation.md >/dev/null
	$(Q)cat build/ablation.md

FUZZ_S ?= 60
fuzz:
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang SANITIZE=address,undefined FUZZ=1 fuzz-run
fuzz-run: $(FUZZERS)
	$(Q)sh tests/fuzz/run.sh $(BUILD) $(FUZZ_S)

# The README's pictures, made again.
pictures: install-test
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)sh tests/pictures/make.sh $(BINARY)

install-run: ; @sh tests/install.sh $(PACKAGES_RUN)
install-test: ; @sh tests/install.sh $(PACKAGES_TEST)
install-check: ; @sh tests/install.sh $(PACKAGES_TEST) clang

# The common ground is of use alone: reading and writing logs. The headers are those a program includes, and theirs.
LIBRARY_H := $(addprefix logs/,mcap.h message.h reflect.h schema.h bytes.h memory.h status.h)

install: all
	install -D $(BINARY) $(DESTDIR)$(PREFIX)/bin/binnacle
	install -D -m 644 $(BUILD)/liblogs.a $(DESTDIR)$(PREFIX)/lib/libbinnacle-logs.a
	install -d $(DESTDIR)$(PREFIX)/include/binnacle/logs $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 $(LIBRARY_H) $(DESTDIR)$(PREFIX)/include/binnacle/logs
	sed 's|@PREFIX@|$(PREFIX)|' logs/binnacle-logs.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/binnacle-logs.pc
	mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(BINARY) help --man > $(DESTDIR)$(PREFIX)/share/man/man1/binnacle.1
	$(BINARY) help --completion > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/binnacle

clean:
	rm -rf build

.PHONY: all tables build-tests run test bench check pictures fuzz fuzz-run install-run install-test install-check install clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
