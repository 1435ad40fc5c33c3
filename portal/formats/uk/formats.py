"""Ukrainian dates: «1 листопада 2026 р.», without the zero that Django puts in front of a day."""

DATE_FORMAT = "j E Y р."
DATETIME_FORMAT = "j E Y р. H:i"
MONTH_DAY_FORMAT = "j E"
