"""How annotations are checked in tests: by beartype, which lets an int stand for a float."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
