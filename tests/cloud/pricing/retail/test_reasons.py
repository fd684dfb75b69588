"""Every reason has one sentence, and every rule a reason."""

from cloud.pricing.retail.reasons import SENTENCES, ReasonCode, write_reason
from cloud.pricing.retail.rules import Rule


def test_every_code_has_a_sentence():
    assert set(SENTENCES) == set(ReasonCode)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


def test_every_rule_is_a_reason():
    assert {rule.value for rule in Rule} <= {code.value for code in ReasonCode}


def test_a_sentence_has_its_values():
    reason = write_reason(ReasonCode.MAP, limit="3.49 GBP", found="3.33 GBP")
    assert reason.sentence == "The minimum advertised price is 3.49 GBP; 3.33 GBP was wanted."
