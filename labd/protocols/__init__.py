"""What an operator writes: read, checked, compiled into steps. Pure."""

from labd.protocols.cells import Table
from labd.protocols.compilation import check_point, compile_batch, compile_run, is_wanted, resolve, worked_out
from labd.protocols.dataset import dataset_workcell, from_dataset
from labd.protocols.findings import Finding, InvalidFile
from labd.protocols.layout import lay_out
from labd.protocols.protocol_file import check_protocol, load_protocol
from labd.protocols.schema import protocol_schema, workcell_schema
from labd.protocols.workcell_file import check_workcell, load_workcell

__all__ = [
    "Finding",
    "InvalidFile",
    "Table",
    "check_point",
    "check_protocol",
    "check_workcell",
    "compile_batch",
    "compile_run",
    "dataset_workcell",
    "from_dataset",
    "is_wanted",
    "lay_out",
    "load_protocol",
    "load_workcell",
    "protocol_schema",
    "resolve",
    "workcell_schema",
    "worked_out",
]
