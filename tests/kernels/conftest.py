"""Every kernel test runs on every twin."""

from importlib import import_module

import pytest


@pytest.fixture(scope="session", params=["_py", "_numba", "_lexical"])
def twin(request):
    return import_module(f"embedfn.kernels.{request.param}")


@pytest.fixture(params=[1, 2, 5])
def n_threads(request):
    return request.param
