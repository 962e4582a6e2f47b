"""What reading a table may take."""

from dataclasses import dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """Bounds of one file; beyond any of them it is refused. A cell holds what Excel's does, 32,767 characters."""

    file_bytes: int = 50 * MEBIBYTE
    unpacked_bytes: int = 512 * MEBIBYTE
    rows: int = 500_000
    columns: int = 256
    cell_characters: int = 32_767
    line_characters: int = 1_000_000
    memory_bytes: int = 320 * MEBIBYTE
    cpu_seconds: int = 30
    stall_seconds: float = 60.0
    """How long the next rows may take to come."""
