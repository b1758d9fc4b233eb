"""`python -m labd.driver_kit package.module:Class ...`."""

import sys

from labd.driver_kit.process import main

sys.exit(main())
