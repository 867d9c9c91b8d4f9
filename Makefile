# `make demo` runs the main job, `make test` every test; both install what is missing first.
# `make bench` measures against NumPy and prints one table; `make bench-docs` also writes it to docs/benchmarks.md.
# `make study` does the study of OFS anew and rewrites docs/ofs-study.md and docs/study: 20 minutes on two free cores.
export CTEST_PARALLEL_LEVEL ?= 2

.PHONY: demo test bench bench-docs study build packages

demo: build
	@scripts/get-data german_credit
	build/release/loopgate run scenarios/german_credit.yaml -o build/german_credit.h5 --force
	@echo
	@build/release/loopgate inspect build/german_credit.h5
	@echo
	@echo "The trace is build/german_credit.h5: HDF5 that h5py, xarray, MATLAB and R open as it is."
	@echo "Next: build/release/loopgate run scenarios/contraction.yaml"
	@echo "      build/release/loopgate run scenarios/german_credit.yaml --set constraints.demographic_parity.tolerance=0.02 -o tight.h5"
	@echo "      build/release/loopgate describe agents ofs"

test: packages
	@test -n "$$LOOPGATE_DATA" || { scripts/get-data german_credit; scripts/get-data compas; } || true
	@cmake --preset dev >build-dev.log 2>&1 || { cat build-dev.log; exit 1; }
	@cmake --preset release >build-release.log 2>&1 || { cat build-release.log; exit 1; }
	@rm -f build-dev.log build-release.log
	cmake --build build/dev
	cmake --build build/release
	@printf 'subdirs("dev" "release")\n' > build/CTestTestfile.cmake
	ctest --test-dir build --output-on-failure

bench-docs: BENCH_OPTIONS += --markdown docs/benchmarks.md
bench bench-docs: packages
	@cmake --preset bench
	cmake --build build/bench
	bench/run build/bench $(BENCH_OPTIONS)

study: build
	@scripts/get-data german_credit
	@scripts/get-data compas
	study/run all

build: packages
	@cmake --preset release
	cmake --build build/release --target loopgate

packages:
	@scripts/install-packages
