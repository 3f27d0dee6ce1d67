"""Numbers of people and organisations: the check digits of GB 11643 and GB 32100, and how people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.casefiles.errors import SubjectNumberError
from archive.casefiles.numbers import checked, is_credit_code, is_identity

# The examples of the standards themselves.
IDENTITY = ("11010519491231002X", "440524188001010014")
CREDIT = ("91350100M000100Y43",)


@pytest.mark.parametrize("number", IDENTITY)
def test_the_examples_of_gb_11643_are_numbers_of_people(number: str) -> None:
    assert is_identity(number)
    assert checked("person", number) == number


@pytest.mark.parametrize("number", CREDIT)
def test_the_example_of_gb_32100_is_a_number_of_an_organisation(number: str) -> None:
    assert is_credit_code(number)
    assert checked("organisation", f" {number.lower()} ") == number


def test_full_width_digits_and_blanks_are_the_same_number() -> None:
    assert checked("person", "11010519491231002x") == IDENTITY[0]
    assert checked("person", "110105 19491231 002X") == IDENTITY[0]


@pytest.mark.parametrize("number", ["E12345678", "h12345678", "12345678"])
def test_passports_and_permits_are_taken_as_they_are(number: str) -> None:
    assert checked("person", number) == number.upper()


@pytest.mark.parametrize(
    "number",
    ["", "1101051949123100", "110105194912310021", "11010519490231002X", "王小二", "1" * 30],
)
def test_no_person_has_such_a_number(number: str) -> None:
    with pytest.raises(SubjectNumberError):
        checked("person", number)


@pytest.mark.parametrize("number", ["", "91350100M000100Y44", "91350100I000100Y43", IDENTITY[1]])
def test_no_organisation_has_such_a_number(number: str) -> None:
    with pytest.raises(SubjectNumberError):
        checked("organisation", number)


@given(place=st.integers(0, 16), digit=st.integers(0, 9))
def test_one_wrong_digit_never_passes(place: int, digit: int) -> None:
    right = IDENTITY[1]
    wrong = right[:place] + str(digit) + right[place + 1 :]
    assert is_identity(wrong) == (wrong == right)


@given(place=st.integers(0, 16), sign=st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_sign_never_passes(place: int, sign: str) -> None:
    right = CREDIT[0]
    wrong = right[:place] + sign + right[place + 1 :]
    assert is_credit_code(wrong) == (wrong == right)
