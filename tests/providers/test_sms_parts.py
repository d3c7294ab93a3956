"""What a text costs in parts."""

import pytest

from drip.providers.sms_parts import Parts, count_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("", Parts(1, 0, unicode=False), id="nothing"),
        pytest.param("a" * 160, Parts(1, 160, unicode=False), id="full"),
        pytest.param("a" * 161, Parts(2, 161, unicode=False), id="one-over"),
        pytest.param("a" * 306, Parts(2, 306, unicode=False), id="two-full"),
        pytest.param("a" * 307, Parts(3, 307, unicode=False), id="three"),
        pytest.param("é£à" + "a" * 157, Parts(1, 160, unicode=False), id="accents-in-the-phone-alphabet"),
        pytest.param("€" * 80, Parts(1, 160, unicode=False), id="euro-takes-two"),
        pytest.param("a" * 152 + "€" + "a" * 151, Parts(2, 305, unicode=False), id="not-cut-in-two-fits"),
        pytest.param("a" * 152 + "€" + "a" * 152, Parts(3, 306, unicode=False), id="not-cut-in-two-does-not"),
        pytest.param(
            "\N{RIGHT SINGLE QUOTATION MARK}" + "a" * 69, Parts(1, 70, unicode=True), id="a-curly-quote-costs"
        ),
        pytest.param("\N{RIGHT SINGLE QUOTATION MARK}" + "a" * 70, Parts(2, 71, unicode=True), id="unicode-one-over"),
        pytest.param("🙂" * 35, Parts(1, 70, unicode=True), id="an-emoji-takes-two"),
        pytest.param("🙂" * 67, Parts(3, 134, unicode=True), id="an-emoji-is-not-cut"),
    ],
)
def test_a_text_takes_as_many_parts_as_the_network_bills(text: str, parts: Parts) -> None:
    assert count_parts(text) == parts
