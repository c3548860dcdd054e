# make demo    the main job on what the project itself carries
# make test    lint, types and all tests, in WORKERS processes at once
# make types   the types only
# make docs    the documentation as a site, in docs/_build/html
# All make the environment first, in .venv, where it is missing.
# make dlib-cuda    dlib built with CUDA and cuDNN, in build/dlib-cuda; says why where it cannot (.ci/dlib_cuda.py)

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
OUT = demo
WORKERS ?= 2
# mypy looks for a package in a folder of its name.
define CHECK_TYPES
mkdir -p build/types
ln -sfn ../../cli build/types/featfer_cli
ln -sfn ../../models build/types/featfer_models
$(BIN)/python -m mypy
endef

.PHONY: demo test types docs env dlib-cuda clean

demo: env
	mkdir -p $(OUT)/photos
	$(BIN)/python -c "import shutil, matplotlib, skimage; \
	  shutil.copy(skimage.data_dir + '/astronaut.png', '$(OUT)/photos'); \
	  shutil.copy(matplotlib.get_data_path() + '/sample_data/grace_hopper.jpg', '$(OUT)/photos')"
	$(BIN)/featfer predict $(OUT)/photos/* --out $(OUT)/annotated
	$(BIN)/featfer extract $(OUT)/photos --store $(OUT)/store --features embedding,landmarks
	$(BIN)/featfer train --clf svm --store fer2013 --out $(OUT)/svm.joblib
	$(BIN)/featfer report $(OUT)/svm.joblib --store fer2013 --out $(OUT)/report.md
	$(BIN)/featfer predict $(OUT)/photos/* --model $(OUT)/svm.joblib
	@echo "Look at $(OUT)/report.md and the pictures in $(OUT)/annotated."

# The types are checked while the tests run, which leave a processor idle now and then; what mypy says comes last.
test: env
	$(BIN)/ruff check .
	@mkdir -p build; $(MAKE) -s types > build/types.txt 2>&1 & checking=$$!; \
	  $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal; tested=$$?; \
	  wait $$checking; checked=$$?; cat build/types.txt; \
	  [ $$tested = 0 ] && [ $$checked = 0 ]

types: env
	$(CHECK_TYPES)

docs: env
	$(BIN)/python -m sphinx -W --keep-going -q -c docs . docs/_build/html
	@echo "Open docs/_build/html/index.html."

dlib-cuda:
	$(PYTHON) .ci/dlib_cuda.py build/dlib-cuda

env: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'featfer needs Python 3.11 or newer: make PYTHON=python3.11')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -c constraints.txt -e ".[dlib-bin,fast,test]"
	touch $@

clean:
	rm -rf $(VENV) $(OUT) build docs/_build *.egg-info
