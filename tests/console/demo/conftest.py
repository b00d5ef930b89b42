"""The real data set, read once."""

import pytest

from console.demo.dataset import DataSet
from console.demo.source import Source, read_source


@pytest.fixture(scope="session")
def source() -> Source:
    return read_source()


@pytest.fixture(scope="session")
def january(source: Source) -> DataSet:
    return DataSet(source=source)
