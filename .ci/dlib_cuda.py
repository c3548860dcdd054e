"""Build dlib with CUDA into a virtual environment of its own, with cuDNN and what else is missing from PyPI's wheels.

    python .ci/dlib_cuda.py build/dlib-cuda            for the GPU of this machine, or where there is none for all
    python .ci/dlib_cuda.py build/dlib-cuda --arch 90  for one compute capability: quicker

dlib builds itself without CUDA, and says so in one line of thousands, where the toolkit, cuDNN or a compiler is not to its
liking. This script looks for them first, and asks what it has built afterwards. It wants Linux, the CUDA toolkit's compiler
(nvcc 12 or 13), a C++ compiler that this takes, and Python's headers; of Python the standard library only.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

DLIB = "dlib==20.0.1"
WHEELS = ("cublas", "curand", "cusolver", "cudnn")  # NVIDIA's, on PyPI: with headers; the toolkit's own are taken first
PROBE = "#include <cudnn.h>\n#include <cublas_v2.h>\n#include <curand.h>\n#include <cusolverDn.h>\n__global__ void k() {}\n"
ASK = "import dlib; print(dlib.DLIB_USE_CUDA, dlib.__version__)"


def main():
    """Build it; exit with one line on what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of the virtual environment, made anew")
    parser.add_argument("--arch", help="compute capability, such as 90 [default: of the GPU here, else all major ones]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="compilers at once [default: all cores]")
    given = parser.parse_args()
    nvcc, major = find_nvcc()
    python = make_environment(given.folder.resolve(), major)
    toolkit = merged_toolkit(given.folder.resolve(), nvcc.parents[1])
    probe(toolkit, nvcc)
    wheel = build(python, toolkit, nvcc, given.arch or own_arch(), given.jobs)
    run(python, "-m", "pip", "install", "--no-deps", "--force-reinstall", wheel)
    answer = output(python, "-c", ASK)
    if not answer.startswith("True"):
        fail(f"dlib was built, but without CUDA ({answer.strip()}): read the lines on CUDA above")
    print(f"dlib {answer.split()[1]} with CUDA: {python}\nFor featfer: {python} -m pip install -c constraints.txt .")


def find_nvcc():
    """Return (Path of nvcc, its major version)."""
    home = os.environ.get("CUDA_HOME", "/usr/local/cuda")
    found = shutil.which("nvcc") or shutil.which("nvcc", path=f"{home}/bin")
    if not found:
        fail("no nvcc: install the CUDA toolkit (https://developer.nvidia.com/cuda-downloads), or set CUDA_HOME to its folder")
    said = output(found, "--dryrun", "-x", "cu", "-c", "/dev/null")
    real = re.search(r"^#\$ TOP=(.+)$", said, re.M)  # the toolkit's folder, also where nvcc is a script that starts it
    version = output(found, "--version")
    release = re.search(r"release (\d+)\.(\d+)", version)
    if not real or not release or int(release[1]) not in (12, 13):
        fail(f"{found}: not the compiler of CUDA 12 or 13 ({version.strip().splitlines()[-1:] or said.strip()[:200]})")
    print(f"nvcc {release[1]}.{release[2]}: {found}")
    return Path(real[1]).resolve() / "bin" / "nvcc", int(release[1])


def make_environment(folder, major):
    """Make the virtual environment with NVIDIA's wheels and what builds dlib; return its Python."""
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        fail(f"no Python.h in {sysconfig.get_path('include')}: install Python's headers (python3-dev)")
    if not (shutil.which("g++") or shutil.which("c++")):
        fail("no C++ compiler: install g++ (build-essential)")
    venv.create(folder, clear=True, with_pip=True)
    python = folder / "bin" / "python"
    suffix = "-cu12" if major == 12 else ""
    wheels = [f"nvidia-{name}{suffix if name != 'cudnn' else f'-cu{major}'}" for name in WHEELS]
    run(python, "-m", "pip", "install", "--quiet", "cmake", "packaging", "setuptools<81", "wheel", *wheels)
    return python


def merged_toolkit(folder, own):
    """Return a folder that shows the toolkit and NVIDIA's wheels as one: links to the files of both."""
    merged = folder / "toolkit"
    nvidia = next(folder.glob("lib/python*/site-packages/nvidia"))
    for part, places in (("include", [own / "include", *nvidia.glob("*/include")]),
                         ("lib64", [own / "lib64", *nvidia.glob("*/lib")])):
        (merged / part).mkdir(parents=True)
        for file in (file for place in places for file in place.iterdir()):
            for name in {file.name, re.sub(r"\.so\.\d+$", ".so", file.name)}:  # a linker looks for libcudnn.so
                if not (merged / part / name).exists():
                    (merged / part / name).symlink_to(file.resolve())
    for part in ("bin", "nvvm"):
        (merged / part).symlink_to(own / part)
    return merged


def probe(toolkit, nvcc):
    """Compile a few lines with every header that dlib wants."""
    source = toolkit / "probe.cu"
    source.write_text(PROBE)
    said = output(nvcc, f"-I{toolkit}/include", "-c", source, "-o", toolkit / "probe.o")
    if not (toolkit / "probe.o").exists():
        errors = [line for line in said.splitlines() if "error" in line.lower()] or said.splitlines() or ["it said nothing"]
        hint = ("; CUDA says which g++ it takes: name one by NVCC_CCBIN" if "unsupported GNU version" in said
                else "; a header of CUDA or cuDNN is missing" if "No such file" in said else "")
        fail(f"nvcc cannot compile what dlib needs: {errors[0]}{hint}")


def build(python, toolkit, nvcc, arch, jobs):
    """Build dlib's wheel; return its path."""
    folder = toolkit.parent / "dlib"
    run(python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "-d", folder,
        DLIB)
    shutil.unpack_archive(next(folder.glob("dlib-*.tar.gz")), folder)
    settings = {
        "DLIB_USE_CUDA": "1", "CUDAToolkit_ROOT": toolkit, "CUDACXX": nvcc, "CUDAARCHS": arch,
        "CUDAFLAGS": f"-I{toolkit}/include",
        "CUDNN_INCLUDE_DIR": toolkit / "include", "CUDNN_LIBRARY": toolkit / "lib64", "LDFLAGS": f"-Wl,-rpath,{toolkit}/lib64",
        "CMAKE_BUILD_PARALLEL_LEVEL": jobs, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    run(python, "setup.py", "bdist_wheel", "--dist-dir", folder, cwd=next(folder.glob("dlib-*/")),
        env={**os.environ, **{name: str(value) for name, value in settings.items()}})
    return next(folder.glob("*.whl"))


def own_arch():
    """Return "native" where there is a GPU to ask, else "all-major"."""
    return "native" if shutil.which("nvidia-smi") and output("nvidia-smi", "-L").startswith("GPU") else "all-major"


def output(*words):
    """Run a command; return what it printed, errors too."""
    done = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def run(*words, **settings):
    """Run a command, shown; exit where it fails."""
    print("$", *words, flush=True)
    if code := subprocess.run(list(map(str, words)), check=False, **settings).returncode:
        fail(f"that failed ({code}): what it said stands above")


def fail(reason):
    """Exit with a line."""
    sys.exit(f"No dlib with CUDA: {reason}")


if __name__ == "__main__":
    main()
