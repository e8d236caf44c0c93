"""How large an uploaded file may be, in one place. Checked before anything is parsed, as far as that can be known."""

FILE_BYTES_MAX = 25 * 1024 * 1024
ROWS_MAX = 200_000  # below the header
COLUMNS_MAX = 60
CELL_CHARACTERS_MAX = 1_000  # in a cell of the file; what each column takes is less
RECORD_CHARACTERS_MAX = 64 * 1024  # one row of a CSV, over however many lines

# XLSX is a zip. What its directory promises is capped here; what it really holds, by the limits of the reading process.
UNPACKED_BYTES_MAX = 100 * 1024 * 1024
ENTRIES_MAX = 200
SHEET_MEMORY_BYTES_MAX = 700 * 1024 * 1024
SHEET_CPU_SECONDS_MAX = 20
SHEET_WAIT_SECONDS_MAX = 40
SHEET_WRITTEN_BYTES_MAX = 400 * 1024 * 1024

# What the columns take.
RECIPIENT_CHARACTERS_MAX = 300
REASON_CHARACTERS_MAX = 500
EXTERNAL_ID_CHARACTERS_MAX = 120
