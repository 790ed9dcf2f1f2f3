import pytest


@pytest.fixture(scope="class")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give a class ``folder``, for the files that its contract reads."""
    request.cls.folder = tmp_path_factory.mktemp("data")
