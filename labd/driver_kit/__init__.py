"""What a driver is written with; starts fast, and imports neither torch nor the daemon."""

from labd.domain.blob import Blob
from labd.domain.capability import Json, Recovery, Slot
from labd.domain.command import Failed, FailureKind, Outcome, Succeeded, Unknown
from labd.driver_kit.context import Context, DeviceError
from labd.driver_kit.declaration import action, reading
from labd.driver_kit.driver import Driver
from labd.driver_kit.process import run
from labd.driver_kit.setting import setting

__all__ = [
    "Blob",
    "Context",
    "DeviceError",
    "Driver",
    "Failed",
    "FailureKind",
    "Json",
    "Outcome",
    "Recovery",
    "Slot",
    "Succeeded",
    "Unknown",
    "action",
    "reading",
    "run",
    "setting",
]
