"""All bundled countries, 2025 to 2100, in one call: the kernel, its C twin and its NumPy twin.

python -m pytest benchmarks/test_population_benchmark.py --benchmark-enable --benchmark-only -o addopts=""
"""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from spsim.data.bundle import bundled_countries, bundled_folder
from spsim.data.tables import read_folder
from spsim.kernels.population import project_population
from twins import NoCompiler, compile_c

RATES = ("base", "survival", "survival_open", "fertility", "srb", "migration")


@pytest.fixture(scope="module")
def inputs():
    countries = [read_folder(bundled_folder(iso3), iso3, 2025, 2100) for iso3 in bundled_countries()]
    return [np.stack([getattr(country, name) for country in countries]) for name in RATES]


@pytest.fixture
def outputs(inputs):
    draws, steps, ages = inputs[3].shape
    return [
        np.zeros((draws, steps + 1, 2, ages)),
        np.zeros((draws, steps, 2)),
        np.zeros((draws, steps, 2, ages)),
    ]


def numpy_twin(base, survival, stay, fertility, srb, migration, persons, births, deaths):
    """The same recursion, a row of ages of all countries at a time; migrants at the end of the step."""
    persons[:, 0] = base
    for t in range(fertility.shape[1]):
        now, after = persons[:, t], persons[:, t + 1]
        alive = now[..., :-1] * survival[:, t, :, 1:]
        deaths[:, t, :, 1:] = now[..., :-1] - alive
        after[..., 1:] = alive + migration[:, t, :, 1:]
        alive = now[..., -1] * stay[:, t]
        after[..., -1] += alive
        deaths[:, t, :, -1] += now[..., -1] - alive
        total = (fertility[:, t, 1:] * (now[:, 1, 1:] + after[:, 1, 1:])).sum(1) / 2
        births[:, t, 0] = total * srb[:, t] / (1 + srb[:, t])
        births[:, t, 1] = total - births[:, t, 0]
        alive = births[:, t] * survival[:, t, :, 0]
        after[..., 0] = alive + migration[:, t, :, 0]
        deaths[:, t, :, 0] = births[:, t] - alive


def c_twin(inputs, outputs):
    """A call of the C twin with its pointers made once."""
    try:
        function = compile_c("population").project_population
    except NoCompiler:
        pytest.skip("no gcc")
    function.restype = None
    sizes = [ctypes.c_size_t(size) for size in inputs[3].shape]
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (*inputs, *outputs)]
    arguments = (*sizes, *pointers[:6], ctypes.c_double(0.0), ctypes.c_double(1.0), *pointers[6:])
    return lambda: function(*arguments)


def test_kernel(benchmark, inputs, outputs):
    benchmark.pedantic(lambda: project_population(*inputs, 0.0, 1.0, *outputs), rounds=400, warmup_rounds=20)


def test_c(benchmark, inputs, outputs):
    benchmark.pedantic(c_twin(inputs, outputs), rounds=400, warmup_rounds=20)
    expected = [np.zeros_like(array) for array in outputs]
    project_population(*inputs, 0.0, 1.0, *expected)
    np.testing.assert_allclose(outputs[0], expected[0], rtol=1e-9, atol=1e-6)


def test_numpy(benchmark, inputs, outputs):
    benchmark.pedantic(lambda: numpy_twin(*inputs, *outputs), rounds=50, warmup_rounds=5)
    expected = [np.zeros_like(array) for array in outputs]
    project_population(*inputs, 0.0, 1.0, *expected)
    np.testing.assert_allclose(outputs[0], expected[0], rtol=1e-9, atol=1e-6)
