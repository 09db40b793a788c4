# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needed beforehand: Python 3.11 or later with venv, a C++17 compiler, make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
NATIVE_SOURCES := setup.py pyproject.toml $(wildcard csrc/*)

DATA := src/embedfn/lexical/data

# For the sanitizers. -g and so on replace what setup.py takes by itself.
CHECKED := -std=c++17 -O1 -g -fno-omit-frame-pointer -Wall -Wextra -D_GLIBCXX_ASSERTIONS -pthread
ADDRESS := -fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_SANITIZE_VECTOR
THREAD := -fsanitize=thread
# What an analysis remembers, so little that it is forgotten all the time.
LITTLE_MEMORY := -DEMBEDFN_MOST_FORMS=3000 -DEMBEDFN_TEXT_CHUNK=4096
# $(call build_checked,NAME,FLAGS): the package with checked extensions in build/NAME/lib.
build_checked = EMBEDFN_REQUIRE_NATIVE=1 EMBEDFN_CXXFLAGS="$(CHECKED) $(2)" LDFLAGS="$(2)" $(BIN)/python setup.py \
	--quiet build --build-lib build/$(1)/lib --build-temp build/$(1)/temp
# $(call python_with,NAME,LIBRARY): Python with that package. Its own objects get a piece of memory each; it never frees
# some, which is no leak of ours.
python_with = LD_PRELOAD="$$($(CXX) -print-file-name=$(2)) $$($(CXX) -print-file-name=libstdc++.so)" PYTHONMALLOC=malloc \
	PYTHONPATH=build/$(1)/lib ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 OPENBLAS_NUM_THREADS=1 \
	$(BIN)/python

.PHONY: demo test bench infinity build lint sanitize sanitize-threads clean

demo: $(VENV)/demo.done
	$(BIN)/embedfn demo $(DEMO_FLAGS)

test: $(VENV)/test.done lint
	$(BIN)/python -m pytest

bench: $(VENV)/bench.done
	$(BIN)/python -m bench
	$(BIN)/python -m bench.bm25_stages
	$(BIN)/python -m bench.bm25_growth

# The hosted classes beside a server of another's making.
infinity: .venv-infinity/done $(VENV)/test.done
	$(BIN)/python -m pytest tests/remote/test_infinity.py

build: $(VENV)/build.done

lint: $(VENV)/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=src $(BIN)/stubtest --allowlist tests/data/stubtest_allow.txt embedfn.kernels._lexical \
		embedfn.kernels._words embedfn.kernels._analysis embedfn.kernels._arrow embedfn.kernels._uax29 \
		embedfn.kernels._tokens embedfn.kernels._encoder embedfn.kernels._splade embedfn.kernels._hybrid

# The C++ under the address and undefined-behaviour sanitizers: by itself, where each text is memory of exactly its size, and
# inside Python, in a build of its own. Their allocator does not bear a fork while other threads work.
sanitize: $(VENV)/test.done
	mkdir -p build/sanitize
	$(CXX) $(CHECKED) $(ADDRESS) -Icsrc tests/native/sanitize_words.cpp -o build/sanitize/words
	$(CXX) $(CHECKED) $(ADDRESS) -Icsrc tests/native/sanitize_analysis.cpp -o build/sanitize/analysis
	$(BIN)/python -m tests.kernels.words_sweep --count 100000 --triples --code-points 80 2fff \
		--write build/sanitize
	$(BIN)/python -m tests.kernels.stems_sweep --count 30000 --listed --write build/sanitize
	build/sanitize/words $(DATA) build/sanitize
	$(BIN)/python -m tests.lexical.fuzz --write build/sanitize/texts.bin
	build/sanitize/analysis $(DATA) build/sanitize
	$(CXX) $(CHECKED) $(ADDRESS) $(LITTLE_MEMORY) -Icsrc tests/native/sanitize_analysis.cpp -o build/sanitize/analysis-little
	build/sanitize/analysis-little $(DATA) build/sanitize
	$(CXX) $(CHECKED) $(ADDRESS) -Icsrc tests/native/sanitize_plain.cpp -o build/sanitize/plain
	build/sanitize/plain $(DATA) build/sanitize
	$(CXX) $(CHECKED) $(ADDRESS) -Icsrc tests/native/sanitize_arrow.cpp -o build/sanitize/arrow
	build/sanitize/arrow build/sanitize
	$(CXX) $(CHECKED) $(ADDRESS) -Icsrc tests/native/sanitize_uax29.cpp -o build/sanitize/uax29
	$(BIN)/python -m tests.lexical.uax29_sweep --count 30000 --write build/sanitize
	build/sanitize/uax29 build/sanitize
	$(CXX) $(CHECKED) $(ADDRESS) -Icsrc tests/native/sanitize_encoder.cpp -o build/sanitize/encoder
	build/sanitize/encoder
	$(CXX) $(CHECKED) $(ADDRESS) -Icsrc tests/native/sanitize_heads.cpp -o build/sanitize/heads
	build/sanitize/heads
	$(call build_checked,address,$(ADDRESS))
	$(call python_with,address,libasan.so) -m pytest --capture=sys -k "not numba and not takes_no_more_memory and not linear_time and not forks_meanwhile[3]" \
		tests/kernels tests/lexical/test_fast.py tests/lexical/test_fast_spaces.py tests/lexical/test_long_texts.py \
		tests/lexical/test_text_memory.py tests/lexical/test_uax29.py tests/encoder/test_parts.py tests/sparse
	$(call python_with,address,libasan.so) -m tests.lexical.fuzz

# The same for races, under the thread sanitizer.
sanitize-threads: $(VENV)/test.done
	mkdir -p build/sanitize
	$(CXX) $(CHECKED) $(THREAD) -Icsrc tests/native/sanitize_analysis.cpp -o build/sanitize/analysis-threads
	$(BIN)/python -m tests.kernels.words_sweep --count 1 --write build/sanitize
	$(BIN)/python -m tests.lexical.fuzz --count 5000 --write build/sanitize/texts.bin
	build/sanitize/analysis-threads $(DATA) build/sanitize
	$(CXX) $(CHECKED) $(THREAD) -Icsrc tests/native/sanitize_encoder.cpp -o build/sanitize/encoder-threads
	build/sanitize/encoder-threads
	$(CXX) $(CHECKED) $(THREAD) -Icsrc tests/native/sanitize_heads.cpp -o build/sanitize/heads-threads
	build/sanitize/heads-threads
	$(call build_checked,thread,$(THREAD))
	$(call python_with,thread,libtsan.so) -m pytest --capture=sys -k "not numba and not python and not more_forms and not forks_meanwhile[3]" \
		tests/kernels tests/lexical/test_fast.py tests/sparse/test_bm25.py tests/sparse/test_threads.py
	$(call python_with,thread,libtsan.so) -m tests.lexical.fuzz --count 5000

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

# It takes libraries older than ours.
.venv-infinity/done: constraints.txt
	$(PYTHON) -m venv .venv-infinity
	.venv-infinity/bin/python -m pip --disable-pip-version-check install --quiet $$(grep '^torch==' constraints.txt)
	.venv-infinity/bin/python -m pip --disable-pip-version-check install --quiet "infinity-emb[server,torch]==0.0.78"
	touch $@

$(VENV)/bench.done: $(VENV)/test.done
	$(PIP) "embedfn[bench]"
	touch $@
