# Everything runs in .venv, which is made with the first Python of 3.11 to 3.13 that is found.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo "$$python" && break; done)
BIN := .venv/bin
DEMO ?= corpora/hip/reports.jsonl

.PHONY: demo test test-system compiler compiled chromium picture bench bench-batch bench-review fuzz score clean

demo: .venv/installed
	mkdir -p build/demo
	$(BIN)/marrowtext extract $(DEMO) -o build/demo/findings.csv --force
	@$(BIN)/python -c "import pandas; \
	columns = ['report_id', 'section', 'concept', 'mention', 'assertion', 'site', 'laterality', 'pattern', 'severity']; \
	table = pandas.read_csv('build/demo/findings.csv', dtype=str, keep_default_na=False)[columns]; \
	table['mention'] = [text if len(text) <= 36 else text[:35] + '…' for text in table['mention']]; \
	print(table.head(40).to_string(index=False), f'({len(table)} rows in build/demo/findings.csv)', sep='\n')"
	@$(BIN)/marrowtext explain --file $(DEMO) --id \
	"$$($(BIN)/python -c "import json; print(json.loads(open('$(DEMO)', encoding='utf-8').readline())['id'])")"

test: .venv/installed
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/marrowtext rules check
	$(BIN)/pytest
	$(BIN)/pytest --nbmake notebooks

# What needs more than the project's own environment: other versions of Python, a wheel, an empty directory, a browser.
test-system: .venv/installed chromium compiler
	$(BIN)/pytest -m system tests/system

# The browser that the review page is tested in. Root on Debian gets the package of its name; others get told.
chromium:
	@test -n "$$CHROMIUM" || command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
	|| { echo "Chromium is needed: install it, or name its program: make test-system CHROMIUM=/path/to/chromium"; exit 1; }

# A wheel whose reading is compiled, in build/compiled. It is built from the source distribution, so that nothing compiled
# is left beside the source, which would then be read in its place.
compiled: .venv/installed compiler
	rm -rf build/compiled
	$(BIN)/python -m hatchling build -t sdist -d build/compiled
	HATCH_BUILD_HOOK_ENABLE_MYPYC=true $(BIN)/python -m pip wheel --quiet --no-deps -w build/compiled build/compiled/*.tar.gz

compiler:
	@command -v cc >/dev/null \
	|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev; } \
	|| { echo "A C compiler is needed: install one, such as gcc"; exit 1; }

# The picture of the review page in the README, of a shipped corpus.
picture: .venv/installed chromium
	$(BIN)/python docs/images/review.py

# Speed, memory and scaling, into build/bench. The peers need another spaCy than medspaCy does, so an environment of theirs.
bench: .venv/installed .bench/installed compiled
	$(BIN)/python -m pip install --quiet --no-deps --target build/compiled/site build/compiled/*.whl
	$(BIN)/python tests/benchmarks/throughput.py --peers .bench/bin/python --compiled build/compiled/site

# Whole runs: two workers beside one, then the memory of many reports. The last reads by a stub.
bench-batch: .venv/installed
	$(BIN)/python tests/benchmarks/batch.py
	$(BIN)/python tests/benchmarks/batch.py 100000 --workers 2
	$(BIN)/python tests/benchmarks/batch.py 1000000 --workers 2 --stub

# The review page with 2,000 reports, in the browser.
bench-review: .venv/installed chromium
	$(BIN)/python tests/benchmarks/review.py

# Texts that nobody would write, for as long as asked: make fuzz FUZZ_SECONDS=3600
FUZZ_SECONDS ?= 60
fuzz: .venv/installed
	$(BIN)/python tests/fuzz.py --seconds $(FUZZ_SECONDS)

# The rules scored on the gold corpora.
score: .venv/installed
	$(BIN)/python tests/benchmarks/accuracy.py

clean:
	rm -rf .venv .bench build dist

.venv/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

.bench/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --clear .bench
	.bench/bin/python -m pip install --quiet --upgrade pip
	.bench/bin/python -m pip install --quiet --group bench
	touch $@
