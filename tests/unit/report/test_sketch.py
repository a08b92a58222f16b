"""The verdict of a run that is interrupted, as it is known at Ctrl-C."""

import pytest

from harness.report.allure import Allure
from harness.report.collect import Collector
from harness.report.publish import Publisher
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict, decide


def test_at_ctrl_c_the_verdict_is_sketched_before_anything_can_hang(tmp_path):
    run_dir = RunDir.create(tmp_path / "runs")
    sketches, published = [], []
    collector = Collector(run_dir, published.append, sketch=sketches.append)
    with pytest.raises(KeyboardInterrupt) as excinfo:
        raise KeyboardInterrupt
    collector.pytest_keyboard_interrupt(excinfo)
    (sketch,) = sketches
    assert (sketch.verdict, sketch.trouble) == ("unknown", "The run was interrupted.")
    assert published == []
    collector.note_trouble("The box could not be taken down.")
    collector.finish()
    assert published[0].trouble == "The run was interrupted. The box could not be taken down."


def test_a_sketch_has_its_files_and_no_secret_and_wants_no_allure_report(tmp_path):
    run_dir = RunDir.create(tmp_path / "runs")
    publisher = Publisher(run_dir, Allure(("false",)), lambda text: text.replace("geheim", "[removed]"))
    publisher.sketch(Verdict(decide((), trouble="x"), (), trouble="interrupted at geheim"))
    for path in (run_dir.verdict_json, run_dir.verdict_html):
        assert "geheim" not in path.read_text()
        assert "[removed]" in path.read_text()
    publisher(Verdict(decide((), trouble="x"), (), trouble="interrupted"))
    assert publisher.error is None
    assert not run_dir.allure_report.exists()
