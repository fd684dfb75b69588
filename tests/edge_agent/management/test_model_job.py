"""A job replaces the detection model after a comparison and a trial in use."""

from tests.edge_agent.management.job_harness import CARD, OLD, TRIAL, FakeDetector, model_document


def test_a_model_that_agrees_with_the_old_one_replaces_it(harness, package, candidate):
    new = FakeDetector("onlooker-face", (0.0, 0.0, 10.0, 10.0), (51.0, 50.0, 71.0, 70.0))
    candidate(new)
    status, details = harness.run_job("job-1", model_document(package()))
    assert status == "SUCCEEDED"
    assert (details["pictures"], details["disagreement"]) == ("3", "0.000")
    assert harness.networks == (new, "pose")
    assert harness.models.chosen == "onlooker-face:99.0"
    assert not (harness.folder / "job.json").exists()


def test_a_model_of_another_name_is_set_in_the_camera_settings(harness, package, candidate):
    candidate(FakeDetector("better-face", *OLD.boxes))
    assert harness.run_job("job-1", model_document(package()))[0] == "SUCCEEDED"
    applied = harness.device.camera.settings
    assert applied.models.detector == "better-face"


def test_a_model_that_disagrees_is_never_used(harness, package, candidate):
    candidate(FakeDetector("onlooker-face", (100.0, 10.0, 120.0, 30.0)))
    status, details = harness.run_job("job-1", model_document(package()))
    assert status == "FAILED"
    assert "disagrees on 100% of" in details["reason"]
    assert harness.networks == (OLD, "pose")
    assert harness.models.chosen is None


def test_a_model_that_fails_in_the_comparison_loses_no_frame(harness, package, candidate):
    candidate(FakeDetector("onlooker-face", fault=RuntimeError("boom")))
    status, details = harness.run_job("job-1", model_document(package()))
    assert (status, details["reason"]) == ("FAILED", "the new detector raises errors on frames")
    assert harness.device.camera.model_faults == 0


def test_a_model_that_fails_in_use_is_rolled_back(harness, package, candidate):
    new = FakeDetector("onlooker-face", *OLD.boxes)
    candidate(new)
    harness.service.create_job("job-1", model_document(package()))
    while harness.networks != (new, "pose"):
        harness.step()
    new.fault = RuntimeError("boom")
    harness.step()
    harness.step()
    assert harness.service.outcome("job-1")[0] == "FAILED"
    assert harness.networks == (OLD, "pose")
    assert harness.models.chosen is None


def test_too_few_faces_fail_the_job(harness, package, candidate):
    candidate(FakeDetector("onlooker-face"))
    document = model_document(package())
    document["trial"] = {**TRIAL, "faces": 1000, "longest_s": 8}
    status, details = harness.run_job("job-1", document)
    assert status == "FAILED"
    assert "too few for a decision" in details["reason"]


def test_a_stored_model_is_restored_without_a_comparison(harness, package, candidate):
    candidate(FakeDetector("onlooker-face", *OLD.boxes))
    assert harness.run_job("job-1", model_document(package()))[0] == "SUCCEEDED"
    back = model_document(version=f"onlooker-face:{CARD['version']}", replaces="onlooker-face:99.0")
    assert harness.run_job("job-2", back)[0] == "SUCCEEDED"
    assert harness.models.chosen == f"onlooker-face:{CARD['version']}"


def test_a_model_named_by_the_config_shadow_is_not_replaced_by_a_job(harness, package, candidate):
    candidate(FakeDetector("onlooker-face", *OLD.boxes))
    harness.device.service.set_desired({"detector": "onlooker-face"})
    harness.device.advance()
    status, details = harness.run_job("job-1", model_document(package()))
    assert (status, "config shadow names" in details["reason"]) == ("REJECTED", True)


def test_a_trial_interrupted_by_a_restart_is_repeated(harness, package, candidate):
    candidate(FakeDetector("onlooker-face", *OLD.boxes))
    harness.service.create_job("job-1", model_document(package()))
    for _ in range(3):
        harness.step()
    harness.start()
    for _ in range(20):
        harness.step()
    assert harness.service.outcome("job-1")[0] == "SUCCEEDED"


def test_a_model_that_ends_the_agent_three_times_fails(harness, package, candidate):
    candidate(FakeDetector("onlooker-face", *OLD.boxes))
    harness.service.create_job("job-1", model_document(package()))
    for _ in range(4):
        harness.step()
        harness.start()
    harness.step()
    assert harness.service.outcome("job-1")[0] == "FAILED"
    assert "ended 3 times" in harness.service.outcome("job-1")[1]["reason"]


def test_an_agent_that_ends_during_the_trial_in_use_restarts_with_the_old_model(
    harness, package, candidate
):
    new = FakeDetector("onlooker-face", *OLD.boxes)
    candidate(new)
    harness.service.create_job("job-1", model_document(package()))
    while harness.networks != (new, "pose"):
        harness.step()
    harness.step()
    harness.start()
    harness.step()
    assert harness.service.outcome("job-1")[0] == "FAILED"
    assert harness.models.load(harness.own) == (OLD, "pose")


def test_a_cancelled_job_restores_the_state_before_it(harness, package, candidate):
    candidate(FakeDetector("onlooker-face"))
    harness.service.create_job("job-1", model_document(package()))
    for _ in range(4):
        harness.step()
    harness.service.cancel_job("job-1")
    harness.step()
    assert harness.networks == (OLD, "pose")
    assert harness.run_job("job-2", {"operation": "restart"}, seconds=3)[0] == "IN_PROGRESS"
