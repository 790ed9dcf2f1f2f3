from tests.runs.conftest import small  # noqa: F401
