# SPDX-License-Identifier: BSD-2-Clause
# A thin layer over meson. Each goal installs what it misses first; DEPS=no skips that.
BUILD ?= build
DEPS ?= yes
WERROR ?= false
ONLY ?=
FUZZ_S ?= 600

.PHONY: all build deps demo test fuzz bench model proof mutants vm format clean help
.DEFAULT_GOAL := build
all: build

help:
	@echo "make            build the library and the programs into $(BUILD)/"
	@echo "make demo       forward real traffic between two NICs in a QEMU test host"
	@echo "make test       every test: unit, sanitizers, fuzzing, model, proof, test host"
	@echo "make fuzz       fuzz the verifier for FUZZ_S seconds a target"
	@echo "make bench      benchmarks against DPDK and ck; ONLY='ring.*' picks some"
	@echo "make model      every order of doorbells, completions and ends, by Spin"
	@echo "make proof      prove the verifier, and that no contract contradicts itself"
	@echo "make mutants    bugs planted in the verifier: does proof or fuzzing find each?"
	@echo "make vm         a shell inside the test host"
	@echo "make deps       install the Debian packages that are missing"
	@echo "make format     clang-format on every C file"
	@echo "make clean      remove $(BUILD)/"

deps:
	@[ $(DEPS) = no ] || tools/deps.sh test

# A build folder keeps its options: WERROR is brought up to date when it differs.
$(BUILD)/build.ninja:
	meson setup $(BUILD) -Dwerror=$(WERROR)
	@echo $(WERROR) > $(BUILD)/werror

build:
	@[ $(DEPS) = no ] || tools/deps.sh build
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@[ "$$(cat $(BUILD)/werror)" = $(WERROR) ] || \
		{ meson configure $(BUILD) -Dwerror=$(WERROR) && echo $(WERROR) > $(BUILD)/werror; }
	ninja -C $(BUILD)

demo: deps
	@$(MAKE) --no-print-directory build DEPS=no
	BUILD_DIR=$(abspath $(BUILD)) python3 tests/vm/demo.py

test: deps
	@$(MAKE) --no-print-directory build DEPS=no
	BUILD_DIR=$(abspath $(BUILD)) WERROR=$(WERROR) python3 tests/run.py

fuzz: deps
	@for t in table e1000; do tests/fuzz/run.sh $$t $(FUZZ_S) $(BUILD)/fuzz || exit; done

model:
	@[ $(DEPS) = no ] || tools/deps.sh test
	python3 tests/model/run.py

proof:
	@[ $(DEPS) = no ] || tools/deps.sh proof
	BUILD_DIR=$(abspath $(BUILD)) python3 tests/proof/prove.py --smoke

mutants:
	@[ $(DEPS) = no ] || tools/deps.sh proof
	BUILD_DIR=$(abspath $(BUILD)) python3 tests/proof/mutants/run.py $(if $(ONLY),'$(ONLY)')

vm: deps
	@$(MAKE) --no-print-directory build DEPS=no
	BUILD_DIR=$(abspath $(BUILD)) python3 tests/vm/shell.py

bench:
	@[ $(DEPS) = no ] || tools/deps.sh bench
	@$(MAKE) --no-print-directory build DEPS=no
	BUILD_DIR=$(abspath $(BUILD)) python3 tests/bench/run.py $(if $(ONLY),'$(ONLY)')

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf $(BUILD)
