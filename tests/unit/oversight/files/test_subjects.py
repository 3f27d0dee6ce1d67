"""R4: everything on one subject together, also where two turn out to be one, or one to be two."""

from __future__ import annotations

import pytest

from archive.casefiles import subjects
from archive.casefiles.errors import SameSubjectError, SubjectNumberError, UnknownSubjectError
from archive.casefiles.filing import Filing
from archive.casefiles.subjects import NewSubject
from archive.cases import CaseTextError
from oversight.files import acting
from tests.unit.oversight.files.office import ACTOR, Office

CREDIT = "91350100M000100Y43"
PERSON = "440524188001010014"


def registered(office: Office, name: str, number: str | None = None) -> str:
    new = NewSubject(kind="organisation", name=name, number=number)
    return subjects.register(office.archive, new, actor=ACTOR)[0]


def case_about(office: Office, *about: str) -> str:
    number = office.case()
    acting.file_as(office.archive, number, Filing(act="penalty", subjects=about), actor=ACTOR)
    return office.row(number).id


def test_r4_cases_of_one_subject_are_found_together_and_of_another_are_not(office: Office) -> None:
    one, other = registered(office, "福州某建材"), registered(office, "别的公司")
    first, second = case_about(office, one), case_about(office, one, other)
    third = case_about(office, other)
    assert office.archive.catalogue.cases_of_subject(one) == [second, first]
    assert office.archive.catalogue.cases_of_subject(other) == [third, second]


def test_a_number_is_registered_once_however_it_is_typed(office: Office) -> None:
    one = registered(office, "福州某科技公司", CREDIT)
    again = subjects.register(
        office.archive,
        NewSubject(kind="organisation", name="某科技", number=" 91350100m000100y43 "),
        actor=ACTOR,
    )
    assert again == (one, False)
    assert subjects.find(office.archive, CREDIT.lower()).id == one


def test_a_wrong_number_and_no_name_are_refused(office: Office) -> None:
    for number in (CREDIT[:-1] + "4", PERSON):
        with pytest.raises(SubjectNumberError):
            registered(office, "某公司", number)
    with pytest.raises(CaseTextError):
        registered(office, " ")
    with pytest.raises(UnknownSubjectError):
        subjects.find(office.archive, PERSON)


def test_names_and_numbers_are_in_text_rows_only(office: Office) -> None:
    subjects.register(
        office.archive, NewSubject(kind="person", name="张三丰", number=PERSON), actor=ACTOR
    )
    for entry in office.archive.reader.entries():
        assert "张三丰" not in entry.raw.decode()
        assert PERSON not in entry.raw.decode()


def test_two_that_are_one_are_merged_and_split_again_with_reasons(office: Office) -> None:
    one, other = registered(office, "宏达建材"), registered(office, "宏达建材有限公司")
    first, second = case_about(office, one), case_about(office, other)
    with pytest.raises(CaseTextError):
        subjects.merge(office.archive, one, other, " ", actor=ACTOR)
    subjects.merge(office.archive, one, other, "同一营业执照", actor=ACTOR)
    office.archive.catalogue.catch_up()
    catalogue = office.archive.catalogue
    assert catalogue.cases_of_subject(one) == catalogue.cases_of_subject(other) == [second, first]
    assert subjects.find(office.archive, one).id == other
    for pair in ((one, other), (other, one), (one, one)):
        with pytest.raises(SameSubjectError):
            subjects.merge(office.archive, *pair, "again", actor=ACTOR)
    subjects.split(office.archive, one, other, [], "两家公司,仅同名", actor=ACTOR)
    catalogue.catch_up()
    assert catalogue.cases_of_subject(one) == [first]
    assert catalogue.cases_of_subject(other) == [second]
    types = [event.type for event in catalogue.custody(one)]
    assert types == ["subject.registered", "subject.merged", "subject.split"]


def test_a_split_takes_the_cases_that_were_the_others_and_no_others(office: Office) -> None:
    whole, part = registered(office, "王氏商行"), registered(office, "王氏商行分店")
    stays, goes = case_about(office, whole), case_about(office, whole)
    strange = case_about(office, registered(office, "无关"))
    for cases in ([], [strange]):
        with pytest.raises(SameSubjectError):
            subjects.split(office.archive, part, whole, cases, "分店所为", actor=ACTOR)
    subjects.split(office.archive, part, whole, [goes], "分店所为", actor=ACTOR)
    catalogue = office.archive.catalogue
    catalogue.catch_up()
    assert catalogue.cases_of_subject(part) == [goes]
    assert catalogue.cases_of_subject(whole) == [stays]
    catalogue.rebuild()
    assert catalogue.cases_of_subject(part) == [goes]


def test_a_person_is_no_organisation_and_nobody_is_split_out_of_themselves(office: Office) -> None:
    person, _ = subjects.register(
        office.archive, NewSubject(kind="person", name="李四"), actor=ACTOR
    )
    company = registered(office, "李四商店")
    with pytest.raises(SameSubjectError):
        subjects.merge(office.archive, person, company, "店主", actor=ACTOR)
    with pytest.raises(SameSubjectError):
        subjects.split(office.archive, company, company, [], "?", actor=ACTOR)
    with pytest.raises(UnknownSubjectError):
        acting.file_as(
            office.archive,
            office.case(),
            Filing(act="penalty", subjects=["subject-" + "0" * 26]),
            actor=ACTOR,
        )
