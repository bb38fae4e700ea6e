"""The report formats that ship with pytest-arena, written as a third party would write them."""
