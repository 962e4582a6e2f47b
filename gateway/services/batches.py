"""What a call of a statement brings for the columns of a table: values for one row, arrays for many."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import Insert, insert


class Values:
    """Values for some columns of a table: `binds` is what a statement sets, `parameters` what its call brings."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.binds = {name: bindparam(f"its_{name}", type_=table.c[name].type) for name in columns}

    def parameters(self, values: Mapping[str, object]) -> dict[str, object]:
        return {f"its_{name}": values[name] for name in self.columns}


class Batch:
    """Rows for some columns of a table: `rows` is what a statement names, `parameters` what its call brings."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._table = table
        arrays = [bindparam(f"given_{name}", type_=ARRAY(table.c[name].type)) for name in columns]
        named = [column(name, table.c[name].type) for name in columns]
        self.rows = func.unnest(*arrays).table_valued(*named, name="given").render_derived()

    def insert(self) -> Insert:
        """All of them as new rows of the table."""
        return insert(self._table).from_select(self.columns, select(*self.rows.c), include_defaults=False)

    def parameters(self, rows: Sequence[Sequence[object]]) -> dict[str, list[object]]:
        return {f"given_{name}": [row[index] for row in rows] for index, name in enumerate(self.columns)}
