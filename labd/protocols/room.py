"""What stands and lies in the room: locations, types of labware, stock."""

from __future__ import annotations

from labd.domain.matter import LabwareType, Location, Lot, Stock
from labd.protocols.amounts import in_unit
from labd.protocols.findings import Findings, instead
from labd.protocols.written import StockWritten, WorkcellWritten


def locations(written: WorkcellWritten, findings: Findings) -> dict[str, Location]:
    """The locations, and what is wrong with them and with those of the instruments."""
    known, kinds = written.names("locations"), written.names("labware")
    for each in written.locations.values():
        for place, kind in enumerate(each.accepts):
            if kind not in kinds:
                message = f"There is no labware of the type {kind}."
                findings.error(each.at("accepts", place), message, instead(kind, kinds) or "Write it into `labware:`.")
        if each.group in known:
            message = f"{each.group} is a location, and no group of them."
            findings.error(each.at("group"), message, "Choose another name for the group.")
    for instrument in written.instruments.values():
        if instrument.location is not None and instrument.location not in known:
            message = f"There is no location {instrument.location}."
            remedy = instead(instrument.location, known) or "Write it into `locations:`."
            findings.error(instrument.at("location"), message, remedy)
    return {
        name: Location(capacity=each.capacity, group=each.group or "", accepts=tuple(each.accepts))
        for name, each in written.locations.items()
    }


def labware_types(written: WorkcellWritten) -> dict[str, LabwareType]:
    """The types of labware."""
    return {name: LabwareType(rows=each.rows, columns=each.columns) for name, each in written.labware.items()}


def stock(written: WorkcellWritten, findings: Findings) -> dict[str, Stock]:
    """The stock, each in its own unit, without what is wrong."""
    return {name: _stock(name, each, findings) for name, each in written.stock.items()}


def _stock(name: str, each: StockWritten, findings: Findings) -> Stock:
    low = in_unit(each, "low", each.low, each.unit, findings) or 0.0
    capacity = in_unit(each, "capacity", each.capacity, each.unit, findings)
    lots = _lots(name, each, findings)
    if low < 0:
        findings.error(each.at("low"), f"{each.low} is less than nothing.", "Write 0 or more.")
    if capacity is not None and capacity <= max(low, 0.0):
        message = f"{name} is never refilled: it holds {each.capacity}, and is low at {each.low or 0}."
        findings.error(each.at("capacity"), message, "Write a larger capacity, or a smaller `low`.")
        capacity = None
    there = sum(lot.amount for lot in lots)
    if capacity is not None and there > capacity:
        message = f"The lots of {name} are {there:g} {each.unit} together, and it holds {each.capacity}.".replace(
            "  ", " "
        )
        findings.error(each.key("lots"), message, "Write smaller amounts, or a larger capacity.")
    if lots and there <= low:
        message = f"{name} is low from the beginning: there are {there:g} {each.unit}".rstrip() + "."
        findings.warning(each.key("low"), message, "Write more lots, or a smaller `low`.")
    return Stock(
        unit=each.unit,
        lots=lots,
        low=max(low, 0.0),
        capacity=capacity,
        cost=each.cost,
        hazardous=each.hazardous,
    )


def _lots(name: str, each: StockWritten, findings: Findings) -> tuple[Lot, ...]:
    made: dict[str, Lot] = {}
    for lot in each.lots:
        amount = in_unit(lot, "amount", lot.amount, each.unit, findings)
        if lot.lot in made:
            findings.error(lot.at("lot"), f"The lot {lot.lot} of {name} is there twice.", "Name it once.")
        elif amount is not None and amount < 0:
            findings.error(lot.at("amount"), f"{lot.amount} is less than nothing.", "Write 0 or more.")
        elif amount is not None:
            made[lot.lot] = Lot(lot=lot.lot, amount=amount, expires=lot.expires)
    return tuple(made.values())
