"""Whatever Allure writes down has passed the redaction: results with their steps, attachments, files."""

from pathlib import Path
from typing import Any

import pytest
from allure_commons import model2

from harness.report.allurelog import CheckLogger

SECRET = "tr0mpete"


class FakeFiles:
    """Stands in for Allure's own logger: keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[object] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.given.extend(given)


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles()


@pytest.fixture
def logger(files: FakeFiles) -> CheckLogger:
    return CheckLogger(files, lambda text: text.replace(SECRET, "[removed]"))


def expect_clean(files: FakeFiles) -> None:
    shown = repr(files.given)
    assert SECRET not in shown
    assert "[removed]" in shown


def test_a_result_and_its_steps(logger: CheckLogger, files: FakeFiles) -> None:
    step = model2.TestStepResult(name=f"vomsd --pass={SECRET}", status="passed")
    details = model2.StatusDetails(message=SECRET, trace=f"a\n{SECRET}\n")
    logger.report_result(
        model2.TestResult(
            name="a check",
            fullName="test_ce#test_one",
            status="failed",
            statusDetails=details,
            steps=[step],
            labels=[model2.Label("tag", SECRET)],
        )
    )
    expect_clean(files)


def test_a_fixture(logger: CheckLogger, files: FakeFiles) -> None:
    logger.report_container(model2.TestResultContainer(name=f"box {SECRET}"))
    expect_clean(files)


@pytest.mark.parametrize("body", [f"said: {SECRET}", f"said: {SECRET}\xff".encode("latin-1")])
def test_an_attachment(logger: CheckLogger, files: FakeFiles, body: str | bytes) -> None:
    logger.report_attached_data(body, "x-attachment.txt")
    expect_clean(files)


def test_a_file(logger: CheckLogger, files: FakeFiles, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"login {SECRET}\n")
    logger.report_attached_file(str(tmp_path / "log"), "x-attachment.txt")
    expect_clean(files)
