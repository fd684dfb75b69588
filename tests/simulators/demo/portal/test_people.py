"""The users of the demonstration: one of each role, with a password that the cloud accepts."""

from cloud.auth.users.password import validate_password
from cloud.cli.accounts import user_import
from simulators.demo.portal.people import COLUMNS, PEOPLE, create_password, write_users


def test_the_cloud_reads_what_is_written_for_it():
    password = create_password()
    read = user_import.read_users(write_users(password).splitlines(keepends=True), str.upper)
    assert COLUMNS == user_import.COLUMNS
    assert [(one.email, one.role) for one in read] == [(one.email, one.role) for one in PEOPLE]
    assert {one.password_hash for one in read} == {password.upper()}


def test_a_password_is_random_and_valid_for_every_user():
    first, second = create_password(), create_password()
    assert first != second
    for person in PEOPLE:
        validate_password(first, person.email)
