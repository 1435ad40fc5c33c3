"""The demo town: made-up companies, houses, people and two years of bills, the same every time."""
