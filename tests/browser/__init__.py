"""Browser tests of the running stack. A package, because its tests share a browser and a warehouse."""

import pytest

IN_A_BROWSER = pytest.mark.long("the tests in a browser")
