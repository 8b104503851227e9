from superanimal_core.tables.audit_files import find_repeats


def test_without_any_data_set_no_picture_stands_twice():
    assert find_repeats([], 0.1).num_rows == 0
