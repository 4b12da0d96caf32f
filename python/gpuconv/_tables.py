"""Tables: a pandas.DataFrame if pandas is installed, else a dictionary of columns, and CSV files of them."""

import csv

import numpy as np


def read_table(path):
    """Read a CSV file of gpuconv."""
    try:
        import pandas
    except ImportError:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        return {name: _column([row[i] for row in rows[1:]]) for i, name in enumerate(rows[0])}
    return pandas.read_csv(path)


def write_table(path, table):
    """Write a table, or any mapping of names to columns, as a CSV file that gpuconv reads."""
    columns = {name: [_cell(value) for value in table[name]] for name in table}
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def _column(cells):
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)


def _cell(value):
    """Return a value as CSV has it: 3 rather than 3.0, and nothing for what is missing."""
    if isinstance(value, (float, np.floating)):
        if value != value:
            return ""
        if float(value).is_integer() and abs(value) < 2**53:
            return int(value)
        return repr(float(value))
    return value
