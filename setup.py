"""Only what pyproject.toml cannot say: the extension modules."""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

DEBUG = os.environ.get("EMBEDFN_DEBUG") == "1"
UNIX = "-O3 -std=c++17 -fvisibility=hidden -Wall -Wextra -fno-math-errno -ffp-contract=off -pthread"
# Else GCC leaves functions out of line that _analysis, a large unit, calls for each part of a text.
UNIX += " --param=inline-unit-growth=300"
MORE = os.environ.get("EMBEDFN_CXXFLAGS", "-g" if DEBUG else "-g0")
FLAGS = {"unix": [*f"{UNIX} {MORE}".split()], "msvc": ["/O2", "/std:c++17", "/EHsc", "/utf-8"]}
DIRECTIVES = {
    "language_level": 3,
    "autotestdict": False,
    "embedsignature": True,
    "freethreading_compatible": True,
    "boundscheck": DEBUG,
    "initializedcheck": DEBUG,
    "nonecheck": DEBUG,
    "wraparound": False,
    "cdivision": True,
}
NO_NATIVE = """
****************************************************************************************
embedfn: the native kernels could not be built ({why}).
The package still works, on Numba or NumPy kernels, many times slower.
Install a C++17 compiler and run `pip install --force-reinstall --no-deps embedfn`.
****************************************************************************************
"""


class BuildExt(build_ext):
    """Chooses flags by compiler; without a working one, says so once and goes on."""

    def run(self):
        try:
            super().run()
        except Exception as error:
            if os.environ.get("EMBEDFN_REQUIRE_NATIVE") == "1":
                raise
            print(NO_NATIVE.format(why=error))

    def build_extensions(self):
        for extension in self.extensions:
            extension.extra_compile_args = FLAGS.get(self.compiler.compiler_type, FLAGS["unix"])
        super().build_extensions()


def extension(name):
    """The extension embedfn.kernels.<name>, from csrc/<name>.pyx and the headers."""
    headers, source = sorted(map(str, Path("csrc").glob("*.hpp"))), f"csrc/{name}.pyx"
    place, folders = f"embedfn.kernels.{name}", ["csrc"]
    return Extension(place, [source], include_dirs=folders, language="c++", depends=headers)


extensions = [extension(path.stem) for path in sorted(Path("csrc").glob("*.pyx"))]
modules = cythonize(extensions, build_dir="build", compiler_directives=DIRECTIVES)
setup(ext_modules=modules, cmdclass={"build_ext": BuildExt})
