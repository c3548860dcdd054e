"""What works on this machine, what does not, and the command that repairs it."""

import warnings
from typing import Any, NamedTuple

from featfer.errors import MissingError
from featfer.faces.dlib_models import MODEL_FILES, find_model_file, import_dlib, list_builds
from featfer.utils.environment import describe_machine, find_extra, find_versions, name_install_command
from featfer.utils.words import count

EXTRAS = {  # that users install, and what for
    "dlib-bin": "finding and aligning faces", "fast": "faster training of SVM and forest, on x86", "tune": "featfer tune",
    "cnn": "featfer train --cnn", "video": "videos, cameras, the Haar cascade and Parquet", "heic": "photos of iPhones",
    "serve": "featfer serve", "cluster": "featfer extract --scheduler", "export": "featfer export, .skops and .safetensors"}


class Finding(NamedTuple):
    """What was found out about one thing.

    Attributes
    ----------
    subject : str
        Such as "dlib", or the name of a model file.
    ok : bool
        Whether it works.
    text : str
        What is there, or how to repair it.
    needed : bool
        Whether featfer needs it.
    """

    subject: str
    ok: bool
    text: str
    needed: bool = True


def diagnose() -> list[Finding]:
    """Check libraries, devices, extras and model files.

    Returns
    -------
    list of Finding
        What was checked, whether all is well, a text that names what is missing and the command that installs it, and whether
        featfer needs it; extras are needed only for what they are named for.
    """
    libraries = ", ".join(f"{name} {version}" for name, version in find_versions().items())
    return [Finding("machine", True, describe_machine()), Finding("libraries", True, libraries), _check_dlib(), _check_torch(),
            *(_check_extra(name) for name in EXTRAS), *(_check_model(name) for name in MODEL_FILES)]


def _check_dlib() -> Finding:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            dlib = import_dlib()
    except MissingError as error:
        return Finding("dlib", False, str(error))
    flags = [f"{name} {'yes' if on else 'no'}" for name, on in
             (("AVX", dlib.USE_AVX_INSTRUCTIONS), ("BLAS", dlib.DLIB_USE_BLAS))] + [f"CUDA {_describe_cuda(dlib)}"]
    if len(list_builds()) > 1:
        return Finding("dlib", False, "; ".join(str(w.message) for w in caught) or f"{list_builds()} are both installed")
    return Finding("dlib", True, f"{dlib.__version__} from {' '.join(list_builds()) or 'a build of your own'}; "
                                 f"{', '.join(flags)}")


def _describe_cuda(dlib: Any) -> str:
    if not dlib.DLIB_USE_CUDA:
        return "no"
    try:
        return f"yes, devices: {dlib.cuda.get_num_devices()}"
    except RuntimeError as error:
        return f"yes, but no device answers ({str(error).splitlines()[0]})"


def _check_torch() -> Finding:
    try:
        import torch
    except ImportError as error:
        return Finding("torch", False, f"cannot be imported ({error}); pip install torch")
    devices = ["cpu", *(f"cuda:{i} ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count()))]
    threads = count(torch.get_num_threads(), "thread")
    return Finding("torch", True, f"{torch.__version__}; devices {', '.join(devices)}; {threads}")


def _check_extra(name: str) -> Finding:
    found = find_extra(name)
    installed = [f"{package} {version}" for package, version in found.items() if version]
    missing = [package for package, version in found.items() if not version]
    if name == "dlib-bin" and list_builds():
        installed, missing = list_builds(), []  # of any build
    if not missing:
        text = f"installed: {', '.join(installed)}" if installed else "not for this machine"
        return Finding(f"extra {name}", True, text, False)
    return Finding(f"extra {name}", False, f"not installed ({', '.join(missing)}); for {EXTRAS[name]}: "
                                           f"{name_install_command(name)}", False)


def _check_model(name: str) -> Finding:
    try:
        return Finding(name, True, f"{find_model_file(name)}, sha256 as expected")
    except MissingError as error:
        return Finding(name, False, str(error))
