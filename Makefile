# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needed beforehand: Python 3.11 or later with venv, a C++17 compiler, make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
NATIVE_SOURCES := setup.py pyproject.toml $(wildcard csrc/*)

.PHONY: demo test bench build lint sanitize clean

demo: $(VENV)/demo.done
	$(BIN)/embedfn demo $(DEMO_FLAGS)

test: $(VENV)/test.done lint
	$(BIN)/python -m pytest

bench: $(VENV)/test.done
	$(BIN)/python -m bench

build: $(VENV)/build.done

lint: $(VENV)/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=src $(BIN)/stubtest --allowlist tests/data/stubtest_allow.txt embedfn.kernels._lexical \
		embedfn.kernels._words embedfn.kernels._analysis embedfn.kernels._uax29

# The C++ of words, stems and breaks, under the address and undefined-behaviour sanitizers.
sanitize: $(VENV)/test.done
	mkdir -p build/sanitize
	$(CXX) -std=c++17 -O1 -g -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all \
		-D_GLIBCXX_ASSERTIONS -Icsrc tests/native/sanitize_words.cpp -o build/sanitize/words
	$(BIN)/python -m tests.kernels.words_sweep --count 100000 --triples --code-points 80 2fff \
		--write build/sanitize
	$(BIN)/python -m tests.kernels.stems_sweep --count 30000 --listed --write build/sanitize
	build/sanitize/words src/embedfn/lexical/data build/sanitize
	$(CXX) -std=c++17 -O1 -g -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all \
		-D_GLIBCXX_ASSERTIONS -Icsrc tests/native/sanitize_uax29.cpp -o build/sanitize/uax29
	$(BIN)/python -m tests.lexical.uax29_sweep --count 30000 --write build/sanitize
	build/sanitize/uax29 build/sanitize

clean:
	rm -rf $(VENV) build dist src/*.egg-info src/embedfn/kernels/*.so

# torch first, exactly as pinned: asked for by a looser requirement, it comes with gigabytes of CUDA.
$(VENV)/torch.done: constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) "setuptools>=77" "Cython>=3.1,<4" wheel
	$(PIP) $$(grep '^torch==' constraints.txt)
	touch $@

$(VENV)/build.done: $(VENV)/torch.done $(NATIVE_SOURCES)
	EMBEDFN_REQUIRE_NATIVE=1 $(PIP) --no-build-isolation --editable .
	touch $@

# The package is there already, so these two only add what its extras name.
$(VENV)/demo.done: $(VENV)/build.done
	$(PIP) "embedfn[demo]"
	touch $@

$(VENV)/test.done: $(VENV)/demo.done
	$(PIP) "embedfn[test]"
	touch $@
