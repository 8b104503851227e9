"""Groups of animals that are compared: the section `groups`."""

from superanimal_core.settings.section import Name, Section


class GroupSettings(Section):
    """Columns of the sheet of videos for group and animal, and whom the others are compared with.

    Without a column nothing is compared; without a reference it is the first group of the sheet.
    """

    column: str | None
    reference: Name | None
    animal_column: str
